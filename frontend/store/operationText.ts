/** An operation in words: what it is, of what, and how it stands. */
import type { Operation } from '../api/types';
import type { Tone } from '../ui/tokens';
import { plural } from '../ui/format';
import { shown } from '../ui/shown';

const field = (operation: Operation, name: string): string => {
  const { metadata } = operation;
  if (typeof metadata !== 'object' || metadata === null) return '';
  const value = (metadata as Record<string, unknown>)[name];
  return typeof value === 'string' ? shown(value) : '';
};

const count = ({ metadata }: Operation): number =>
  Number((metadata as Record<string, unknown> | null)?.count ?? 0);

export const providerOf = (operation: Operation): string => field(operation, 'provider_id');

/** The providers that it is about; in a list the first of many. */
export function providersOf(operation: Operation): readonly string[] {
  if (operation.provider_ids.length > 0) return operation.provider_ids;
  const named = providerOf(operation);
  return named === '' ? [] : [named];
}

export const typeWords = (type: string): string => {
  const words = shown(type.replaceAll('_', ' '));
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Start demo; Call slow of demo; otherwise its type and whatever names it. */
export function operationTitle(operation: Operation): string {
  const provider = providerOf(operation);
  switch (operation.operation_type) {
    case 'provider_start':
      return `Start ${provider}`;
    case 'tool_call':
      return `Call ${field(operation, 'tool_name')} of ${provider}`;
    case 'provider_bulk':
      return `${typeWords(field(operation, 'verb'))} ${plural(count(operation), 'provider')}`;
    case 'image_pull':
      return `Pull ${field(operation, 'image') || provider}`;
    case 'config_reload':
      return 'Reload the configuration';
    case 'catalog_refresh':
      return 'Refresh the registry’s copy';
    case 'catalog_deploy':
      return `Deploy ${field(operation, 'entry_id')} as ${provider}`;
    case 'discovery_scan':
      return `Scan ${field(operation, 'source_id')}`;
    default: {
      const name = ['name', 'title', 'target', 'provider_id']
        .map((key) => field(operation, key))
        .find((value) => value !== '');
      const what = typeWords(operation.operation_type);
      return name === undefined ? what : `${what}: ${name}`;
    }
  }
}

/**
 * The ways to stand; a producer's own word for running counts as running. What a restart of the server cut off has not
 * failed by itself, and is told apart.
 */
export const standings = ['running', 'completed', 'error', 'interrupted', 'cancelled'] as const;
export type Standing = (typeof standings)[number];

export function standingOf(operation: Operation): Standing {
  if (operation.ended_at === null) return 'running';
  if (operation.error_type === 'InterruptedError') return 'interrupted';
  return standings.find((one) => one === operation.status) ?? 'error';
}

export const standingTone: Record<Standing, Tone> = {
  running: 'busy',
  completed: 'good',
  error: 'bad',
  interrupted: 'warn',
  cancelled: 'idle',
};

/** How long it has taken, in ms; the server's clock and this one may differ by a little. */
export const tookMs = (operation: Operation, now: number): number =>
  Math.max(0, (operation.ended_at ?? now / 1_000) - operation.started_at) * 1_000;
