/** What the Events page shows, as pure functions of the stream and the URL. */
import type { EventRow } from '../../hooks/useEventStream';
import type { UrlState } from '../../hooks/useUrlState';
import { eventText } from '../../store/eventText';
import type { EventFrame } from '../../api/types';
import type { Field } from '../../ui/table';

export type EventView = {
  types: string[];
  provider: string;
  text: string;
  selected: number | null;
};

export function parseEventView(url: UrlState): EventView {
  const selected = Number(url.event ?? '');
  return {
    types: (url.type ?? '').split(',').filter((type) => type !== ''),
    provider: url.provider ?? '',
    text: url.q ?? '',
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

/** Every word typed has to be somewhere in the event: its kind, its sentence, or a value that it carries. */
export function selectEvents(rows: readonly EventRow[], text: string): readonly EventRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    if (row.kind !== 'item') return false; // a gap says nothing about what was looked for
    const whole = `${eventText(row.value).text} ${JSON.stringify(row.value)}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

export const eventFields: readonly Field<EventFrame>[] = [
  { name: 'position', value: (event) => event.position },
  { name: 'timestamp', value: (event) => event.timestamp },
  { name: 'event_type', value: (event) => event.event_type },
  { name: 'event_id', value: (event) => event.event_id },
  { name: 'provider_id', value: (event) => event.provider_id ?? '' },
  { name: 'text', value: (event) => eventText(event).text },
  { name: 'payload', value: (event) => JSON.stringify(event) },
];

export type Related = { label: string; to: string; search?: Record<string, string> };

const said = (event: EventFrame, field: string): string => {
  const value = event[field];
  return typeof value === 'string' ? value : '';
};

/** Where what an event is about can be looked at. */
export function relatedOf(event: EventFrame): Related[] {
  const provider = event.provider_id ?? '';
  const tool = said(event, 'tool_name');
  const group = said(event, 'group_id');
  const operation = said(event, 'operation_id');
  const call = said(event, 'correlation_id');
  const batch = said(event, 'batch_id');
  const who = said(event, 'principal_id');
  const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;
  const found: (Related | false)[] = [
    provider !== '' && { label: `Provider ${provider}`, to: at('/providers', provider) },
    provider !== '' &&
      tool !== '' && {
        label: `Tool ${tool}`,
        to: at('/providers', provider),
        search: { tab: 'tools', tool },
      },
    group !== '' && { label: `Group ${group}`, to: at('/groups', group) },
    operation !== '' &&
      operation !== 'system' && { label: 'The operation', to: at('/operations', operation) },
    event.event_type.startsWith('ToolInvocation') &&
      call !== '' && { label: 'The call', to: '/calls', search: { sel: call } },
    batch !== '' && { label: 'Its whole batch', to: '/calls', search: { batch } },
    who !== '' && { label: `Principal ${who}`, to: '/access', search: { sel: who } },
    provider !== '' && {
      label: `All events of ${provider}`,
      to: '/events',
      search: { provider },
    },
    ...[operation, call, batch].map(
      (id): Related | false =>
        id !== '' && {
          label: `Events with ${id.slice(0, 13)}…`,
          to: '/events',
          search: { q: id },
        },
    ),
  ];
  return found.filter((one) => one !== false);
}
