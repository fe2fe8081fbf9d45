import { useMemo } from 'react';
import { listEvents } from '../api/events';
import type { EventFrame } from '../api/types';
import { eventsUrl } from '../store/fleet';
import type { Gap } from './feed';
import { useFeed, type FeedSource } from './useFeed';
import type { ApiError } from '../api/errors';

type Options = {
  providerFilter?: string | undefined;
  /** Event types; none means all. */
  typeFilter?: readonly string[] | undefined;
  /** How many events are kept; older ones leave the list, never the log. */
  cap?: number;
  /** How far back it begins, at the moment it is opened; without, with the newest. */
  minutes?: number | undefined;
};

export type EventRow = { kind: 'item'; position: number; value: EventFrame } | GapRow;
export type GapRow = { kind: 'gap'; position: number; gap: Gap };

export type EventStream = {
  /** Oldest first. */
  events: EventFrame[];
  /** The same with gaps between, where the server had to drop something. */
  rows: EventRow[];
  /** Events received since this stream was opened, also those no longer kept. */
  received: number;
  isLoading: boolean;
  isConnected: boolean;
  error: ApiError | null;
  retry: () => void;
};

/** How many events a stream begins with. */
export const firstPage = 200;

/** Live events, filtered by the server. */
export function useEventStream(options: Options = {}): EventStream {
  const { providerFilter, typeFilter, cap = 1_000, minutes } = options;
  const types = typeFilter?.join(',') ?? ''; // by content: callers may build the array anew each time
  const source = useMemo(
    () => eventSource(providerFilter, types === '' ? [] : types.split(','), cap, minutes),
    [providerFilter, types, cap, minutes],
  );
  const { feed, ...rest } = useFeed(source);
  const events = useMemo(
    () => feed.rows.flatMap((row) => (row.kind === 'item' ? [row.value] : [])),
    [feed.rows],
  );
  return { events, rows: feed.rows, received: feed.received, ...rest };
}

function eventSource(
  providerId: string | undefined,
  eventTypes: readonly string[],
  cap: number,
  minutes: number | undefined,
): FeedSource<EventFrame> {
  const query = new URLSearchParams();
  if (providerId) query.set('provider_id', providerId);
  for (const type of eventTypes) query.append('event_type', type);
  return {
    url: query.size > 0 ? `${eventsUrl}?${query.toString()}` : eventsUrl,
    cap,
    load: async (signal) => {
      const from =
        minutes === undefined ? '' : new Date(Date.now() - minutes * 60_000).toISOString();
      const page = await listEvents({ providerId, eventTypes, from }, firstPage, signal);
      return {
        items: page.events.map((value) => ({ position: value.position, value })),
        head: page.head,
      };
    },
    read: (message) => {
      const frame = message as EventFrame;
      return typeof frame.event_type === 'string'
        ? { position: frame.position, value: frame }
        : null;
    },
  };
}
