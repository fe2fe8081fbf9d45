import { useCallback, useState } from 'react';
import { toApiError, type ApiError } from '../../api/errors';
import { deleteProvider, startProvider, stopProvider } from '../../api/providers';
import { announce } from '../../ui/LiveRegion';

export type Verb = 'start' | 'stop' | 'delete';
export type Failure = { verb: Verb; id: string; error: ApiError };

const calls: Record<Verb, (id: string) => Promise<unknown>> = {
  start: startProvider,
  stop: stopProvider,
  delete: deleteProvider,
};

const done: Record<Verb, string> = { start: 'is ready', stop: 'is stopped', delete: 'is deleted' };

/** Start, stop and delete. What becomes of the provider comes by socket; this knows what was asked and what failed. */
export function useProviderActions() {
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<Failure | null>(null);

  const run = useCallback(async (verb: Verb, id: string): Promise<boolean> => {
    setPending((before) => new Set(before).add(id));
    setFailure((before) => (before?.id === id ? null : before));
    try {
      await calls[verb](id);
      announce(`${id} ${done[verb]}`);
      return true;
    } catch (thrown) {
      setFailure({ verb, id, error: toApiError(thrown) });
      return false;
    } finally {
      setPending((before) => {
        const after = new Set(before);
        after.delete(id);
        return after;
      });
    }
  }, []);

  const dismiss = useCallback(() => {
    setFailure(null);
  }, []);
  return { run, pending, failure, dismiss };
}
