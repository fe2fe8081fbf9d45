import { useCallback, useEffect, useRef, useState } from 'react';
import { callTool, type Target } from '../../api/callTool';
import { toApiError, type ApiError } from '../../api/errors';
import { newTrace } from '../../api/trace';
import type { CallProgress, CallResult } from '../../api/types';
import {
  callOverWire,
  type Answer,
  type Era,
  type Question,
  type Recorder,
  type WireEntry,
} from '../../api/wire';

export type CallState =
  { phase: 'idle' } | { phase: 'running'; since: number; progress: CallProgress | null } | Ended;

/** With the trace id by which its record is found. */
export type Ended = { trace: string } & (
  | { phase: 'done'; result: CallResult }
  | { phase: 'failed'; error: ApiError }
  | { phase: 'cancelled'; afterMs: number }
);

export type CallHow = {
  timeoutMs: number;
  /** As a client of MCP of this era; undefined: through the API, and Hangar speaks what the provider does. */
  era: Era | undefined;
  /** Arguments that are headers, too. */
  mirrors: (args: Record<string, unknown>) => Record<string, string>;
};

/** What a running tool waits for. */
export type Asked = { key: number; question: Question; answer: (answer: Answer) => void };

/** A tool that tells its progress for hours must not fill the page. */
const mostEntries = 500;

/** One call at a time; leaving the tool cancels it. */
export function useToolCall({ kind, id }: Target, tool: string) {
  const [state, setState] = useState<CallState>({ phase: 'idle' });
  const [wire, setWire] = useState<readonly WireEntry[]>([]);
  const [asked, setAsked] = useState<readonly Asked[]>([]);
  const controller = useRef<AbortController | null>(null);

  useEffect(
    () => () => {
      controller.current?.abort();
    },
    [],
  );

  /** Resolves to how it ended; null when a newer call has taken its place. */
  const call = useCallback(
    async (args: Record<string, unknown>, how: CallHow): Promise<Ended | null> => {
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      const since = Date.now();
      const trace = newTrace();
      const end = (ended: Ended) => {
        if (controller.current !== mine) return null;
        setState(ended);
        setAsked([]);
        return ended;
      };
      setState({ phase: 'running', since, progress: null });
      setWire([]);
      setAsked([]);
      let questions = 0;
      const record: Recorder = (entry) => {
        // Also what ends a cancelled call: that is how one sees that it was told.
        if (controller.current !== mine) return;
        setWire((before) => [...before, { ...entry, at: Date.now() - since }].slice(-mostEntries));
      };
      const onAsk = (question: Question, signal: AbortSignal) =>
        new Promise<Answer>((resolve, reject) => {
          questions += 1;
          const key = questions;
          const gone = () => {
            setAsked((before) => before.filter((one) => one.key !== key));
          };
          const answer = (given: Answer) => {
            gone();
            resolve(given);
          };
          signal.addEventListener('abort', () => {
            gone();
            reject(new Error('the call has ended'));
          });
          if (!signal.aborted) setAsked((before) => [...before, { key, question, answer }]);
        });
      try {
        const common = {
          target: { kind, id },
          tool,
          args,
          trace,
          timeoutMs: how.timeoutMs,
          signal: mine.signal,
          record,
          onProgress: (progress: CallProgress) => {
            if (!mine.signal.aborted) setState({ phase: 'running', since, progress });
          },
        };
        const result = await (how.era
          ? callOverWire({ ...common, onAsk, era: how.era, mirrors: how.mirrors(args) })
          : callTool(common));
        return end({ phase: 'done', trace, result });
      } catch (thrown) {
        return end(
          mine.signal.aborted
            ? { phase: 'cancelled', trace, afterMs: Date.now() - since }
            : { phase: 'failed', trace, error: toApiError(thrown) },
        );
      }
    },
    [kind, id, tool],
  );

  const cancel = useCallback(() => {
    controller.current?.abort();
  }, []);
  return { state, asked, wire, call, cancel };
}
