import { useMemo } from 'react';
import { listOperationEvents } from '../../api/operations';
import type { OperationEvent } from '../../api/types';
import { useFeed, type FeedSource } from '../../hooks/useFeed';
import { isOperationFrame } from '../../store/operationReduce';
import { operationsUrl } from '../../store/operations';

/** As many as an operation can have (backend/operation). */
const cap = 10_000;

/** Everything that an operation has said, oldest first: by REST, then as it says more. */
export function useOperationEvents(id: string) {
  const source = useMemo(() => sourceOf(id), [id]);
  const { feed, ...rest } = useFeed(source);
  const events = useMemo(
    () => feed.rows.flatMap((row) => (row.kind === 'item' ? [row.value] : [])),
    [feed.rows],
  );
  return { events, ...rest };
}

function sourceOf(id: string): FeedSource<OperationEvent> {
  return {
    url: operationsUrl,
    cap,
    load: async (signal) => {
      const { events } = await listOperationEvents(id, signal);
      return {
        items: events.map((value) => ({ position: value.position, value })),
        head: events.at(-1)?.position ?? 0,
      };
    },
    read: (message) =>
      isOperationFrame(message) && message.operation_id === id
        ? { position: message.position, value: { ...message, version: 0 } }
        : null,
  };
}
