/** What the Audit page shows, as pure functions of the records and the address. */
import type { AuditQuery } from '../../api/audit';
import type { AuditRecord } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import { eventText } from '../../store/eventText';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export const outcomes = ['done', 'failed', 'refused'] as const;
export type Outcome = (typeof outcomes)[number];

export const outcomeTone: Record<Outcome, Tone> = { done: 'good', failed: 'warn', refused: 'bad' };

const refusals: readonly string[] = [
  'AccessDenied',
  'SignInFailed',
  'LockedOut',
  'RateLimited',
  'AddressBlocked',
];

export function outcomeOf({
  event_type: kind,
  data,
}: Pick<AuditRecord, 'event_type' | 'data'>): Outcome {
  if (refusals.includes(kind)) return 'refused';
  const failed = /Failed$|Error$/.test(kind) || fieldsOf(data).is_error === true;
  return failed ? 'failed' : 'done';
}

/** By which way it came. */
export const ways = ['ui', 'cli', 'rest', 'mcp', 'stdio', 'socket', 'config'] as const;

export type AuditView = AuditQuery & {
  text: string;
  outcome: Outcome | null;
  via: string;
  request: string;
};

export function parseView(url: UrlState): AuditView {
  return {
    provider: url.provider ?? '',
    types: (url.type ?? '').split(',').filter((one) => one !== ''),
    actor: url.actor ?? '',
    peopleOnly: url.by !== 'all',
    text: url.q ?? '',
    outcome: outcomes.find((one) => one === url.outcome) ?? null,
    via: url.via ?? '',
    request: url.request ?? '',
  };
}

export const noFilter = {
  provider: '',
  type: '',
  actor: '',
  q: '',
  outcome: '',
  via: '',
  request: '',
};

export const hasFilter = (url: UrlState): boolean =>
  Object.keys(noFilter).some((key) => (url[key] ?? '') !== '');

/** What the server does not filter by. */
export function matches(record: AuditRecord, view: AuditView): boolean {
  const { origin, actor, stream, event_type } = record;
  if (view.outcome !== null && outcomeOf(record) !== view.outcome) return false;
  if (view.via !== '' && origin.via !== view.via) return false;
  if (view.request !== '' && origin.request_id !== view.request) return false;
  const needle = view.text.trim().toLowerCase();
  return (
    needle === '' ||
    [event_type, stream, actor.id, origin.address, origin.request_id, sentence(record)]
      .join(' ')
      .toLowerCase()
      .includes(needle)
  );
}

const fieldsOf = (data: unknown): Record<string, unknown> =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};

/** `ApiKeyCreated` as `Api key created`. */
export function kindWords(kind: string): string {
  const words = kind.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The members of a payload that say most, where no sentence is made for the kind. */
const telling = [
  'principal_id',
  'role_name',
  'key_name',
  'tool_name',
  'provider_name',
  'source_id',
  'door',
  'reason',
  'config_path',
  'backup_id',
] as const;

/** What was done, in words. */
export function sentence(record: AuditRecord): string {
  const fields = fieldsOf(record.data);
  const { text } = eventText({
    ...fields,
    event_type: record.event_type,
    event_id: record.event_id,
    position: record.position,
    timestamp: record.recorded_at,
  });
  const changed = changesOf(record.data).map((one) => one.field);
  if (changed.length > 0) return `${kindWords(record.event_type)}: ${changed.join(', ')}`;
  if (text !== '') return text;
  const facts = telling.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  return [kindWords(record.event_type), facts.join(', ')].filter((one) => one !== '').join(': ');
}

export type Change = { field: string; before: unknown; after: unknown };

/** From what to what: the list of changes, or old and new of a state, or the whole of what was made. */
export function changesOf(data: unknown): Change[] {
  const fields = fieldsOf(data);
  if (Array.isArray(fields.changes)) return fields.changes as Change[];
  const pairs = Object.keys(fields)
    .filter((name) => name.startsWith('old_') && name.replace('old_', 'new_') in fields)
    .map((name) => ({
      field: name.slice('old_'.length),
      before: fields[name],
      after: fields[name.replace('old_', 'new_')],
    }));
  return pairs;
}

/** The same as `diff -u` would print it. */
export function unifiedOf(changes: readonly Change[]): string {
  return changes
    .flatMap(({ field, before, after }) => [`@@ ${field}`, ...linesOf(before, after)])
    .join('\n');
}

function linesOf(before: unknown, after: unknown): string[] {
  const old = printed(before);
  const now = printed(after);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail += 1;
  }
  return [
    ...old.slice(0, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...now.slice(now.length - tail).map((line) => ` ${line}`),
  ];
}

const printed = (value: unknown): string[] =>
  value === undefined || value === null
    ? []
    : typeof value === 'string'
      ? value.split('\n')
      : JSON.stringify(value, null, 2).split('\n');

/** Where one looks at what it was done to. */
export function targetOf({ stream }: Pick<AuditRecord, 'stream'>): {
  name: string;
  to: { to: string; params?: Record<string, string>; search?: Record<string, string> } | null;
} {
  const [kind = '', ...rest] = stream.split(':');
  const name = rest.join(':');
  if (kind === 'provider') return { name, to: { to: '/providers/$id', params: { id: name } } };
  if (kind === 'group') return { name, to: { to: '/groups/$id', params: { id: name } } };
  if (kind === 'operation')
    return {
      name: `operation ${name.slice(0, 8)}`,
      to: { to: '/operations/$id', params: { id: name } },
    };
  if (kind === 'auth') {
    const [what = '', ...id] = name.split(':');
    return {
      name: `${what} ${id.join(':')}`.trim(),
      to:
        what === 'principal' ? { to: '/access', search: { sel: id.join(':') } } : { to: '/access' },
    };
  }
  return { name: stream, to: stream === 'alerts' ? { to: '/alerts' } : null };
}

export const auditFields: readonly Field<AuditRecord>[] = [
  { name: 'time', value: (row) => row.recorded_at },
  { name: 'actor_type', value: (row) => row.actor.type },
  { name: 'actor', value: (row) => row.actor.id },
  { name: 'event_type', value: (row) => row.event_type },
  { name: 'target', value: (row) => row.stream },
  { name: 'outcome', value: outcomeOf },
  { name: 'via', value: (row) => row.origin.via ?? '' },
  { name: 'address', value: (row) => row.origin.address ?? '' },
  { name: 'request_id', value: (row) => row.origin.request_id ?? '' },
  { name: 'what', value: sentence },
  { name: 'data', value: (row) => JSON.stringify(row.data) },
  { name: 'position', value: (row) => row.position },
  { name: 'event_id', value: (row) => row.event_id },
];
