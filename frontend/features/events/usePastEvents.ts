import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listEvents } from '../../api/events';
import { keys } from '../../api/keys';
import type { EventRow } from '../../hooks/useEventStream';

type Options = {
  types: readonly string[];
  providerId: string;
  /** Two moments in ms; null: it is not asked for. */
  window: { from: number; to: number } | null;
};

const perPage = 500;

/** The log between two moments, oldest first, the newest page of it first; more on demand. */
export function usePastEvents({ types, providerId, window }: Options) {
  const filter = {
    providerId,
    eventTypes: types,
    from: window ? new Date(window.from).toISOString() : '',
    to: window ? new Date(window.to).toISOString() : '',
  };
  const query = useInfiniteQuery({
    queryKey: keys.pastEvents(filter),
    enabled: window !== null,
    queryFn: ({ pageParam, signal }) => listEvents(filter, perPage, signal, pageParam),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next > 0 ? last.next : undefined),
  });
  const rows = useMemo<EventRow[]>(
    () =>
      (query.data?.pages ?? [])
        .toReversed()
        .flatMap((page) =>
          page.events.map((value) => ({ kind: 'item', position: value.position, value }) as const),
        ),
    [query.data],
  );
  return { query, rows };
}

/** One event, which a link may name though the list does not reach it. */
export function useEvent(position: number | null) {
  return useQuery({
    queryKey: keys.pastEvents({ position }),
    enabled: position !== null,
    queryFn: async ({ signal }) => {
      const page = await listEvents({}, 1, signal, (position ?? 0) + 1);
      return page.events.find((one) => one.position === position) ?? null;
    },
  }).data;
}
