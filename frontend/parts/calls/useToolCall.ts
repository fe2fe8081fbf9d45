import { useCallback, useEffect, useRef, useState } from 'react';
import { callTool, type Target } from '../../api/callTool';
import { toApiError, type ApiError } from '../../api/errors';
import type { CallProgress, CallResult } from '../../api/types';

export type CallState =
  | { phase: 'idle' }
  | { phase: 'running'; since: number; progress: CallProgress | null }
  | { phase: 'done'; result: CallResult }
  | { phase: 'failed'; error: ApiError }
  | { phase: 'cancelled'; afterMs: number };

/** One call at a time; leaving the tool cancels it. */
export function useToolCall({ kind, id }: Target, tool: string) {
  const [state, setState] = useState<CallState>({ phase: 'idle' });
  const controller = useRef<AbortController | null>(null);

  useEffect(
    () => () => {
      controller.current?.abort();
    },
    [],
  );

  /** Resolves to how it ended; null when a newer call has taken its place. */
  const call = useCallback(
    async (args: Record<string, unknown>, timeoutMs: number): Promise<CallState | null> => {
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      const since = Date.now();
      const end = (ended: CallState) => {
        if (controller.current !== mine) return null;
        setState(ended);
        return ended;
      };
      setState({ phase: 'running', since, progress: null });
      try {
        const result = await callTool({
          target: { kind, id },
          tool,
          args,
          timeoutMs,
          signal: mine.signal,
          onProgress: (progress) => {
            if (!mine.signal.aborted) setState({ phase: 'running', since, progress });
          },
        });
        return end({ phase: 'done', result });
      } catch (thrown) {
        return end(
          mine.signal.aborted
            ? { phase: 'cancelled', afterMs: Date.now() - since }
            : { phase: 'failed', error: toApiError(thrown) },
        );
      }
    },
    [kind, id, tool],
  );

  const cancel = useCallback(() => {
    controller.current?.abort();
  }, []);
  return { state, call, cancel };
}
