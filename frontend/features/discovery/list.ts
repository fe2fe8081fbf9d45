/** What the Discovery page shows, as pure functions. */
import type { EventFrame, Found, Source } from '../../api/types';
import { byText } from '../../hooks/useListView';
import { formatDateTime } from '../../ui/format';
import type { StripCell } from '../../ui/HistoryStrip';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export const statuses = ['pending', 'quarantined', 'registered', 'rejected'] as const;

export const statusTone: Record<Found['status'], Tone> = {
  pending: 'busy',
  quarantined: 'warn',
  registered: 'good',
  rejected: 'idle',
};

/** What has to be decided comes first, then by name. */
export function selectFound(
  found: readonly Found[],
  view: { text: string; statuses: readonly string[]; source: string },
): Found[] {
  const needle = view.text.trim().toLowerCase();
  return found
    .filter(
      (one) =>
        (view.statuses.length === 0 || view.statuses.includes(one.status)) &&
        (view.source === '' || one.source_id === view.source) &&
        `${one.key} ${one.origin} ${one.reason} ${runs(one)}`.toLowerCase().includes(needle),
    )
    .sort(
      (a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status) || byText(a.key, b.key),
    );
}

/** What it would run or speak to, in one line. */
export function runs({ connection_info: info }: Found): string {
  return [...info.command, info.image, ...info.args, info.endpoint].filter(Boolean).join(' ');
}

/** Where it looks, for a source whose id is only a number. */
export function sourceName({ source_id: id, type, config }: Source): string {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id)) return id;
  const place =
    config.path ?? config.host ?? config.context ?? config.directories?.join(', ') ?? '';
  return place === '' ? type : place;
}

/** A provider of that name runs, and its definition here is another one. */
export const isDrifted = (one: Found): boolean =>
  one.registered_fingerprint !== null && one.registered_fingerprint !== one.fingerprint;

type Definition = Found['connection_info'];

/** Field by field, as a unified text, what a definition would change of another one; '' where they say the same. */
export function definitionDiff(is: Definition, found: Definition): string {
  const names = [...new Set([...Object.keys(is), ...Object.keys(found)])] as (keyof Definition)[];
  return names
    .filter((name) => !same(is[name], found[name]))
    .map((name) => `@@ ${name} @@\n-${textOf(is[name])}\n+${textOf(found[name])}\n`)
    .join('');
}

const same = (a: unknown, b: unknown) => textOf(a) === textOf(b);

const textOf = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const finds: Record<Found['source_type'], string> = {
  filesystem: 'every file of definitions in that directory is looked at.',
  docker: 'containers that carry the label mcp.hangar.enabled=true are looked at.',
  kubernetes: 'what carries the annotations for it in the cluster is looked at.',
  entrypoint: 'installed programs that call themselves MCP servers are looked at.',
};

/** By which rule a source finds things. */
export const whyFound = (one: Found): string => finds[one.source_type];

export const looksShown = 24;

/** The last looks at a source: how high is how much it showed, and a failed one is bad. */
export function looksOf(id: string, events: readonly EventFrame[]): StripCell[] {
  const own = events.filter((one) => one.source_id === id).slice(-looksShown);
  const count = (one: EventFrame, name: string) => Number(one[name] ?? 0);
  const most = Math.max(1, ...own.map((one) => count(one, 'discovered_count')));
  return own.map((one) => {
    const failed = count(one, 'error_count') > 0;
    const at = formatDateTime(one.timestamp);
    return {
      key: one.event_id,
      tone: failed ? 'bad' : 'good',
      height: failed ? 1 : count(one, 'discovered_count') / most,
      title: failed
        ? `${at}: it could not be looked at`
        : `${at}: ${count(one, 'discovered_count')} shown, ${count(one, 'pending_count')} pending, ${count(one, 'quarantined_count')} quarantined, in ${count(one, 'duration_ms')} ms`,
    };
  });
}

/** What was marked and is still there, in the order of the list. */
export const markedOf = (rows: readonly Found[], marked: ReadonlySet<string>): Found[] =>
  rows.filter((one) => marked.has(one.key));

export const foundFields: readonly Field<Found>[] = [
  { name: 'key', value: (one) => one.key },
  { name: 'status', value: (one) => one.status },
  { name: 'source', value: (one) => one.source_id },
  { name: 'origin', value: (one) => one.origin },
  { name: 'mode', value: (one) => one.mode },
  { name: 'definition', value: runs },
  { name: 'risks', value: (one) => one.risks.join('; ') },
  { name: 'reason', value: (one) => one.reason },
  { name: 'fingerprint', value: (one) => one.fingerprint },
  { name: 'discovered_at', value: (one) => one.discovered_at },
  { name: 'last_seen_at', value: (one) => one.last_seen_at },
];
