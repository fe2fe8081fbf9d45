import { api, must } from './client';
import type { EventFrame, EventPage } from './types';

export type EventFilter = {
  providerId?: string | undefined;
  eventTypes?: readonly string[] | undefined;
  /** RFC 3339, or empty. */
  from?: string | undefined;
  to?: string | undefined;
};

/** A page of the log, newest last; `before` is a position, `next` that of the page of older ones, or 0. */
export async function listEvents(
  filter: EventFilter,
  limit: number,
  signal?: AbortSignal,
  before = 0,
): Promise<{ events: EventFrame[]; head: number; next: number }> {
  const query: {
    limit: number;
    provider_id?: string[];
    event_type?: string[];
    from?: string;
    to?: string;
    before?: number;
  } = { limit };
  if (filter.providerId) query.provider_id = [filter.providerId];
  if (filter.eventTypes?.length) query.event_type = [...filter.eventTypes];
  if (filter.from) query.from = filter.from;
  if (filter.to) query.to = filter.to;
  if (before > 0) query.before = before;
  const page: EventPage = await must(
    api().GET('/api/events', { params: { query }, signal: signal ?? null }),
  );
  return { events: page.events as EventFrame[], head: page.head, next: page.next_before };
}
