import { useCallback, useEffect, useRef, useState } from 'react';
import { callTool } from '../../api/callTool';
import { toApiError, type ApiError } from '../../api/errors';
import type { CallProgress, CallResult } from '../../api/types';

export type CallState =
  | { phase: 'idle' }
  | { phase: 'running'; since: number; progress: CallProgress | null }
  | { phase: 'done'; result: CallResult }
  | { phase: 'failed'; error: ApiError }
  | { phase: 'cancelled'; afterMs: number };

/** One call at a time; leaving the tool cancels it. */
export function useToolCall(providerId: string, tool: string) {
  const [state, setState] = useState<CallState>({ phase: 'idle' });
  const controller = useRef<AbortController | null>(null);

  useEffect(
    () => () => {
      controller.current?.abort();
    },
    [],
  );

  const call = useCallback(
    async (args: Record<string, unknown>, timeoutMs: number) => {
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      const since = Date.now();
      setState({ phase: 'running', since, progress: null });
      try {
        const result = await callTool({
          providerId,
          tool,
          args,
          timeoutMs,
          signal: mine.signal,
          onProgress: (progress) => {
            if (!mine.signal.aborted) setState({ phase: 'running', since, progress });
          },
        });
        if (!mine.signal.aborted) setState({ phase: 'done', result });
      } catch (thrown) {
        if (controller.current !== mine) return; // a newer call shows itself
        setState(
          mine.signal.aborted
            ? { phase: 'cancelled', afterMs: Date.now() - since }
            : { phase: 'failed', error: toApiError(thrown) },
        );
      }
    },
    [providerId, tool],
  );

  const cancel = useCallback(() => {
    controller.current?.abort();
  }, []);
  return { state, call, cancel };
}
