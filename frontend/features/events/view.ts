/** What the Events page shows, as pure functions of the stream and the URL. */
import type { EventRow } from '../../hooks/useEventStream';
import type { UrlState } from '../../hooks/useUrlState';

export type EventView = { types: string[]; provider: string; selected: number | null };

export function parseEventView(url: UrlState): EventView {
  const selected = Number(url.event ?? '');
  return {
    types: (url.type ?? '').split(',').filter((type) => type !== ''),
    provider: url.provider ?? '',
    selected: Number.isInteger(selected) && selected > 0 ? selected : null,
  };
}

/** How many of each type are in sight, most frequent first; types that are filtered for stay listed at zero. */
export function breakdown(
  rows: readonly EventRow[],
  chosen: readonly string[],
): { type: string; count: number }[] {
  const counts = new Map<string, number>(chosen.map((type) => [type, 0]));
  for (const row of rows) {
    if (row.kind !== 'item') continue;
    const { event_type: type } = row.value;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts]
    .map(([type, count]) => ({ type, count }))
    .sort((a, b) => b.count - a.count || a.type.localeCompare(b.type));
}
