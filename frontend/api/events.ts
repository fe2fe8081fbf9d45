import { api, must } from './client';
import type { EventFrame, EventPage } from './types';

export type EventFilter = {
  providerId?: string | undefined;
  eventTypes?: readonly string[] | undefined;
};

/** A page of the log, newest last; `before` is a position. */
export async function listEvents(
  filter: EventFilter,
  limit: number,
  signal?: AbortSignal,
): Promise<{ events: EventFrame[]; head: number }> {
  const query: { limit: number; provider_id?: string[]; event_type?: string[] } = { limit };
  if (filter.providerId) query.provider_id = [filter.providerId];
  if (filter.eventTypes?.length) query.event_type = [...filter.eventTypes];
  const page: EventPage = await must(
    api().GET('/api/events', { params: { query }, signal: signal ?? null }),
  );
  return { events: page.events as EventFrame[], head: page.head };
}
