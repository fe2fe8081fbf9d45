/** What to do about an operation that came to no good end. */
import { IconExternalLink, IconFileText, IconRefresh } from '@tabler/icons-react';
import type { BulkOrder, Operation, OperationEvent, ProviderSummary } from '../../api/types';
import { providerOf, standingOf } from '../../store/operationText';
import type { Action, Destination } from '../actions/action';
import { bulkActions } from '../actions/bulkActions';
import { refreshMirror } from '../actions/catalogActions';
import { scan } from '../actions/discoveryActions';
import { operationSubject } from '../actions/operationActions';
import { start } from '../actions/providerActions';
import { isBulk, leftOf } from './bulk';

type Situation = {
  operation: Operation;
  events: readonly OperationEvent[];
  /** That it is about, if there is one, and there still is. */
  provider: Pick<ProviderSummary, 'provider' | 'state' | 'alive' | 'stopping'> | undefined;
  /** Told the operation of a bulk that was begun anew. */
  onBegun: (id: string) => void;
};

/** The kinds that Hangar itself begins; the rest is reported by somebody who has to begin it again. */
const ours = new Set([
  'provider_start',
  'provider_bulk',
  'tool_call',
  'config_reload',
  'catalog_refresh',
  'catalog_deploy',
  'discovery_scan',
  'image_pull',
]);

/** What happened, as far as its own words do not say it, and what follows from that; '' where nothing does. */
export function adviceOf(operation: Operation): string {
  const mine = ours.has(operation.operation_type);
  if (standingOf(operation) === 'interrupted') {
    return `Hangar was stopped while this ran. What it had done by then stays done, and nothing goes on by itself${
      mine ? '.' : ': whoever reported on it has to begin a new operation.'
    }`;
  }
  if (operation.error_type === 'AbandonedError') {
    return 'Its producer said nothing more while many others began. If the work still goes on, it has to be begun as a new operation.';
  }
  if (operation.status === 'error' && operation.operation_type === 'image_pull') {
    return 'The next start of a provider that needs the image pulls it again.';
  }
  return '';
}

/** The ways to do it again, or what is left of it. */
export function againActions({ operation, events, provider, onBegun }: Situation): Action[] {
  const standing = standingOf(operation);
  if (isBulk(operation)) return bulkAgain(operation, events, onBegun);
  if (standing === 'running' || standing === 'completed') return [];
  switch (operation.operation_type) {
    case 'provider_start':
    case 'catalog_deploy':
      return provider ? [again(start(provider)), logsOf(provider.provider)] : [];
    case 'tool_call':
      return [
        lead(operation, 'Open in the playground', '/playground', {
          search: { provider: providerOf(operation), tool: named(operation, 'tool_name') },
        }),
      ];
    case 'config_reload':
      return [lead(operation, 'Open the configuration', '/config')];
    case 'catalog_refresh':
      return [again(refreshMirror)];
    case 'discovery_scan':
      return [again(scan({ source_id: named(operation, 'source_id'), enabled: true }))];
    default:
      return [];
  }
}

const verbs: readonly string[] = ['start', 'stop', 'restart', 'delete'];

function bulkAgain(
  operation: Operation,
  events: readonly OperationEvent[],
  onBegun: (id: string) => void,
): Action[] {
  const verb = named(operation, 'verb');
  if (operation.ended_at === null || !verbs.includes(verb)) return [];
  const { ids, label } = leftOf(operation, events);
  if (ids.length === 0) return [];
  const order = (name: BulkOrder['verb']): BulkOrder => ({ verb: name, provider_ids: [...ids] });
  return bulkActions(ids.length, order, () => undefined)
    .filter((action) => action.id === `bulk-${verb}:bulk:`)
    .map((action) => ({
      ...again(action),
      verb: label,
      subject: operationSubject(operation.operation_id),
      then: (answer: unknown) => {
        const { operation_id: id } = answer as { operation_id: string };
        if (id !== '') onBegun(id);
      },
    }));
}

function again(action: Action): Action {
  const anew: Action = { ...action, verb: 'Try again', icon: IconRefresh };
  delete anew.key; // it belongs to the page of what it acts on
  return anew;
}

const logsOf = (id: string): Action => ({
  id: `logs:operation:${id}`,
  verb: 'Its log',
  label: `Log of ${id}`,
  icon: IconFileText,
  subject: `provider:${id}`,
  tier: 0,
  needs: [`log:read:${id}`],
  go: { to: '/providers/$id', params: { id }, search: { tab: 'logs' } },
});

const lead = (
  operation: Operation,
  verb: string,
  to: string,
  more: Partial<Destination> = {},
): Action => ({
  id: `open:${operationSubject(operation.operation_id)}`,
  verb,
  label: verb,
  icon: IconExternalLink,
  subject: operationSubject(operation.operation_id),
  tier: 0,
  go: { to, ...more },
});

function named(operation: Operation, name: string): string {
  const value = (operation.metadata as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : '';
}
