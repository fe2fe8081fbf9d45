import { api, must } from './client';
import type { paths } from './schema.gen';
import type { EventFrame, EventPage } from './types';

export type EventFilter = {
  providerId?: string | undefined;
  eventTypes?: readonly string[] | undefined;
  /** Moments, in ms: from the first on, and before the second. */
  from?: number | undefined;
  to?: number | undefined;
  /** A position. */
  before?: number | undefined;
};

type Query = NonNullable<paths['/api/events']['get']['parameters']['query']>;

/** What is asked for, as the API has it. */
export function eventQuery(filter: EventFilter, limit: number): Query {
  const query: Query = { limit };
  if (filter.providerId) query.provider_id = [filter.providerId];
  if (filter.eventTypes?.length) query.event_type = [...filter.eventTypes];
  if (filter.from !== undefined) query.from = new Date(filter.from).toISOString();
  if (filter.to !== undefined) query.to = new Date(filter.to).toISOString();
  if (filter.before !== undefined) query.before = filter.before;
  return query;
}

/** A page of the log, newest last. */
export async function listEvents(
  filter: EventFilter,
  limit: number,
  signal?: AbortSignal,
): Promise<{ events: EventFrame[]; head: number }> {
  const page: EventPage = await must(
    api().GET('/api/events', {
      params: { query: eventQuery(filter, limit) },
      signal: signal ?? null,
    }),
  );
  return { events: page.events as EventFrame[], head: page.head };
}
