/** A plan of the server as lines that a person reads, and the settings as rows. */
import type { ApiError } from '../../api/errors';
import type { ConfigInEffect, Planned } from '../../api/types';
import { plural } from '../../ui/format';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export type PlanLine = {
  key: string;
  sign: '+' | '−' | '~' | '↻';
  what: string;
  name: string;
  note: string;
  tone: Tone;
};

export type Plan = Planned['result']['plan'];

/** Only what changes; what disturbs someone says whom. */
export function planLines(plan: Plan): PlanLine[] {
  return [
    ...added('Provider', plan.providers.added),
    ...plan.providers.updated.map((one) =>
      line('~', 'Provider', one.id, disturbs(one, changedFields(one.fields))),
    ),
    ...plan.providers.removed.map((one) => line('−', 'Provider', one.id, disturbs(one, ''))),
    ...added('Group', plan.groups.added),
    ...plan.groups.updated.map((one) => line('~', 'Group', one.id, changedFields(one.fields))),
    ...removed('Group', plan.groups.removed),
    ...added('Discovery source', plan.discovery_sources.added),
    ...plan.discovery_sources.updated.map((id) => line('~', 'Discovery source', id, '')),
    ...removed('Discovery source', plan.discovery_sources.removed),
    ...plan.settings.map((one) =>
      line(
        one.needs_restart ? '↻' : '~',
        'Setting',
        one.key,
        `${one.from || 'nothing'} → ${one.to || 'nothing'}${one.needs_restart ? ', at the next start of Hangar' : ''}`,
      ),
    ),
  ];
}

/** The same in numbers, as one sentence: what it comes to, and whom it disturbs. */
export function planSums(plan: Plan): string {
  const { providers, groups, discovery_sources: sources, settings } = plan;
  const count = (
    pick: (one: { added: unknown[]; updated: unknown[]; removed: unknown[] }) => number,
  ) => [providers, groups, sources].reduce((sum, one) => sum + pick(one), 0);
  const disturbed = [...providers.updated.filter((one) => one.restarts), ...providers.removed];
  const restarts = providers.updated.filter((one) => one.restarts && one.running).length;
  const stops = providers.removed.filter((one) => one.running).length;
  const calls = disturbed.reduce((sum, one) => sum + one.in_flight, 0);
  const waiting = settings.filter((one) => one.needs_restart).length;
  const parts = [
    part(
      count((one) => one.added.length),
      'to add',
    ),
    part(count((one) => one.updated.length) + settings.length, 'to change'),
    part(
      count((one) => one.removed.length),
      'to remove',
    ),
  ].filter((one) => one !== '');
  const notes = [
    restarts > 0 ? `${plural(restarts, 'provider')} restarted` : '',
    stops > 0 ? `${plural(stops, 'provider')} stopped` : '',
    calls > 0 ? `${plural(calls, 'call')} under way affected` : '',
    waiting > 0 ? `${plural(waiting, 'setting')} only at the next start of Hangar` : '',
  ].filter((one) => one !== '');
  if (parts.length === 0) return '';
  return `${parts.join(', ')}. ${notes.join(', ') || 'Nothing that runs is disturbed'}.`;
}

const part = (count: number, what: string) => (count === 0 ? '' : `${count} ${what}`);

const tones = { '+': 'busy', '−': 'warn', '~': 'idle', '↻': 'idle' } as const;

const line = (sign: PlanLine['sign'], what: string, name: string, note: string): PlanLine => ({
  key: `${what} ${name}`,
  sign,
  what,
  name,
  note,
  tone: tones[sign],
});

const added = (what: string, ids: readonly string[]) => ids.map((id) => line('+', what, id, ''));
const removed = (what: string, ids: readonly string[]) => ids.map((id) => line('−', what, id, ''));

const changedFields = (fields: readonly string[]) =>
  fields.length === 0 ? 'belongs to the file from then on' : fields.join(', ');

type Affected = Plan['providers']['updated'][number];

function disturbs(one: Affected, what: string): string {
  const notes = [
    what,
    one.restarts ? 'restarts' : one.running && what === '' ? 'is stopped' : '',
    one.in_flight > 0 ? `${plural(one.in_flight, 'call')} under way may end first` : '',
  ];
  return notes.filter((note) => note !== '').join('; ');
}

/** One sentence about what differs between the file and what runs. */
export function driftOf(lines: readonly PlanLine[]): string {
  if (lines.length === 0) return 'The file says what is in effect.';
  return `The file has ${plural(lines.length, 'change')} that ${lines.length === 1 ? 'is' : 'are'} not in effect.`;
}

export type FileProblem = { where: string; key: string; message: string };

type Listed = { where: string; line?: number; column?: number; key?: string; message: string };

/** Where a configuration that cannot be used is wrong. */
export function problemsOf(error: ApiError): FileProblem[] {
  const { problems } = error.details;
  if (!Array.isArray(problems)) return [];
  return (problems as Listed[]).map(({ where, line, column, key, message }) => ({
    where: [where.split('/').at(-1), line, column].filter(Boolean).join(':'),
    key: key ?? '',
    message,
  }));
}

export type Setting = { key: string; value: string; origin: string };

/** `limits.max_concurrency` beside its value and where that came from. */
export function settingsOf(config: ConfigInEffect['config']): Setting[] {
  const rows: Setting[] = [];
  const walk = (value: unknown, path: string) => {
    if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !(path in config.origins)
    ) {
      for (const [name, inner] of Object.entries(value)) {
        walk(inner, path === '' ? name : `${path}.${name}`);
      }
      return;
    }
    rows.push({ key: path, value: textOf(value), origin: config.origins[path] ?? 'default' });
  };
  walk(config.settings, '');
  return rows.sort((a, b) => a.key.localeCompare(b.key));
}

function textOf(value: unknown): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return '–';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const origins = ['default', 'file', 'variable', 'flag'] as const;

/** What kind of place a value comes from: "file /etc/hangar.yaml" is the file. */
export const originOf = (origin: string): string => origin.split(' ', 1)[0] ?? '';

export const settingFields: readonly Field<Setting>[] = [
  { name: 'key', value: (row) => row.key },
  { name: 'value', value: (row) => row.value },
  { name: 'origin', value: (row) => row.origin },
];
