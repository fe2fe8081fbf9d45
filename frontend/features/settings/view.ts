/** What the Settings page shows, as pure functions. */
import type { ConfigInEffect } from '../../api/types';

/** `provider:read`, `provider:start` as provider: read, start. */
export function byResource(
  permissions: readonly string[],
): { resource: string; actions: string[] }[] {
  const found = new Map<string, string[]>();
  for (const one of [...permissions].sort()) {
    const [resource = '', action = ''] = one.split(':');
    found.set(resource, [...(found.get(resource) ?? []), action === '*' ? 'everything' : action]);
  }
  return [...found].map(([resource, actions]) => ({ resource, actions }));
}

/** How long what is kept; in the order in which one asks. */
const kept = [
  { key: 'storage.event_days', name: 'Events, by age', unit: 'days' },
  { key: 'storage.events_kept', name: 'Events, by number', unit: '' },
  { key: 'storage.call_days', name: 'Records of calls, by age', unit: 'days' },
  { key: 'storage.calls_kept', name: 'Records of calls, by number', unit: '' },
  { key: 'storage.operations_kept', name: 'Operations', unit: '' },
  { key: 'storage.backups_kept', name: 'Backups of the configuration', unit: '' },
  { key: 'records.calls', name: 'Calls are put on record', unit: '' },
  { key: 'records.arguments', name: 'Of their arguments', unit: '' },
] as const;

export type Kept = { key: string; name: string; value: string; origin: string };

/** What is in force, and where that came from. */
export function keptBy({ settings, origins }: ConfigInEffect['config']): Kept[] {
  return kept.flatMap(({ key, name, unit }) => {
    let at: unknown = settings;
    for (const part of key.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
    if (at === undefined) return [];
    const value = wordOf(at);
    return [
      { key, name, value: unit === '' ? value : `${value} ${unit}`, origin: origins[key] ?? '' },
    ];
  });
}

function wordOf(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
