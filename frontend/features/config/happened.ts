/** What happened to the configuration, from the event log. */
import type { EventFrame } from '../../api/types';
import { plural } from '../../ui/format';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export const configEvents = [
  'ConfigurationReloaded',
  'ConfigurationReloadFailed',
  'ConfigurationBackupCreated',
  'ConfigurationRestored',
] as const;

export type Happened = {
  key: string;
  at: string;
  tone: Tone;
  what: string;
  came: string;
  by: string;
};

const askers: Record<string, string> = {
  api: 'REST or this page',
  file_watcher: 'a change of the file',
  sighup: 'a signal',
  tool: 'a management tool',
};

/** One line of the history: what was done, what came of it, and which way it was asked for. */
export function happenedOf(event: EventFrame): Happened {
  const line = { key: event.event_id, at: event.timestamp, by: '' };
  switch (event.event_type) {
    case 'ConfigurationReloaded': {
      const by = askers[textOf(event.requested_by)] ?? textOf(event.requested_by);
      return { ...line, tone: 'good', what: 'reloaded', came: cameOf(event), by };
    }
    case 'ConfigurationReloadFailed': {
      const by = askers[textOf(event.requested_by)] ?? textOf(event.requested_by);
      return { ...line, tone: 'bad', what: 'not reloaded', came: textOf(event.reason), by };
    }
    case 'ConfigurationRestored':
      return {
        ...line,
        tone: 'warn',
        what: 'restored',
        came: cameOf(event),
        by: 'REST or this page',
      };
    default:
      return {
        ...line,
        tone: 'idle',
        what: 'backed up',
        came: textOf(event.label),
        by: 'REST or this page',
      };
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Names while they are few, numbers when they are many. */
function cameOf(event: EventFrame): string {
  const said = (['added', 'updated', 'removed'] as const).flatMap((verb) => {
    const ids = [...listOf(event[`providers_${verb}`]), ...listOf(event[`groups_${verb}`])];
    if (ids.length === 0) return [];
    return [`${verb}: ${ids.length <= 3 ? ids.join(', ') : plural(ids.length, 'definition')}`];
  });
  const waiting = listOf(event.needs_restart);
  if (waiting.length > 0) said.push(`at the next start: ${waiting.join(', ')}`);
  return said.join('; ') || 'nothing changed';
}

export const happenedFields: readonly Field<Happened>[] = [
  { name: 'at', value: (row) => row.at },
  { name: 'what', value: (row) => row.what },
  { name: 'came', value: (row) => row.came },
  { name: 'by', value: (row) => row.by },
];
