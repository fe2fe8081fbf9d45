/** The browser's half of the log: same picture and event in, same picture out. */
import type { EventFrame, FleetSnapshot, ProviderMode, ProviderSummary } from '../api/types';
import { omit } from './omit';
import { parseState } from './states';

export type FleetProvider = ProviderSummary & {
  /** Position of the newest state that is in this record: the state socket may run ahead of the events socket. */
  statePosition: number;
};

export type Fleet = {
  position: number;
  storeId: string;
  providers: Readonly<Record<string, FleetProvider>>;
  /** Providers whose health sentence is older than their state; the server composes it, so it has to be asked. */
  stale: ReadonlySet<string>;
};

export const emptyFleet: Fleet = { position: 0, storeId: '', providers: {}, stale: new Set() };

export function fleetFrom(snapshot: FleetSnapshot): Fleet {
  const providers: Record<string, FleetProvider> = {};
  for (const summary of snapshot.providers) {
    providers[summary.provider] = { ...summary, statePosition: snapshot.position };
  }
  return {
    position: snapshot.position,
    storeId: snapshot.store_id,
    providers,
    stale: new Set(),
  };
}

/** What GET /providers/{id} says anew about one provider; an answer older than a state seen since is not believed. */
export function refreshed(fleet: Fleet, summary: ProviderSummary, position: number): Fleet {
  const before = fleet.providers[summary.provider];
  const settled = withoutStale(fleet, summary.provider);
  if (!before || (position < before.statePosition && summary.state !== before.state))
    return settled;
  const after: FleetProvider = {
    ...summary,
    statePosition: Math.max(position, before.statePosition),
    // Calls may have been counted here that the answer does not know of yet, and the other way round.
    calls_total: Math.max(before.calls_total, summary.calls_total),
    calls_failed: Math.max(before.calls_failed, summary.calls_failed),
    last_call_at: latest(before.last_call_at, summary.last_call_at),
  };
  return { ...settled, providers: { ...settled.providers, [summary.provider]: after } };
}

export function withoutStale(fleet: Fleet, id: string): Fleet {
  if (!fleet.stale.has(id)) return fleet;
  const stale = new Set(fleet.stale);
  stale.delete(id);
  return { ...fleet, stale };
}

const latest = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? (a ?? b) : Date.parse(a) > Date.parse(b) ? a : b;

/** Seen already: the same object, so that nothing renders. */
export function reduce(fleet: Fleet, event: EventFrame): Fleet {
  if (event.event_type === 'ProviderStateChanged') return withState(fleet, event);
  if (event.position <= fleet.position) return fleet;
  return { ...withFacts(fleet, event), position: event.position };
}

function withState(fleet: Fleet, event: EventFrame): Fleet {
  const provider = known(fleet, event);
  const state = parseState(event.new_state);
  if (!provider || !state || event.position <= provider.statePosition) return fleet;
  const alive = state === 'ready' || state === 'degraded' || state === 'initializing';
  return patch(fleet, provider, { state, alive, statePosition: event.position }, true);
}

function withFacts(fleet: Fleet, event: EventFrame): Fleet {
  if (event.event_type === 'ProviderRegistered') return withNew(fleet, event);
  const provider = known(fleet, event);
  if (!provider) return fleet;
  switch (event.event_type) {
    case 'ProviderDeregistered':
      return without(fleet, provider.provider);
    case 'ProviderToolsChanged':
    case 'ProviderStarted':
      return patch(fleet, provider, { tools_count: count(event.tools_count, provider) }, true);
    case 'ToolInvocationCompleted':
      return patch(fleet, provider, called(provider, event));
    case 'ToolInvocationFailed':
      return patch(fleet, provider, {
        ...called(provider, event),
        calls_failed: provider.calls_failed + 1,
      });
    case 'ProviderUpdated':
    case 'ProviderStopped':
    case 'ProviderDegraded':
    case 'HealthCheckFailed':
    case 'ProviderAutoDisabled':
    case 'ProviderEnabled':
    case 'CircuitBreakerStateChanged':
      return patch(fleet, provider, {}, true);
    case 'HealthCheckPassed':
      return provider.health_status === 'healthy' ? fleet : patch(fleet, provider, {}, true);
    default:
      return fleet;
  }
}

const known = (fleet: Fleet, event: EventFrame): FleetProvider | undefined =>
  event.provider_id === undefined ? undefined : fleet.providers[event.provider_id];

const count = (value: unknown, provider: FleetProvider): number =>
  typeof value === 'number' ? value : provider.tools_count;

const called = (provider: FleetProvider, event: EventFrame) => ({
  calls_total: provider.calls_total + 1,
  last_call_at: event.timestamp,
});

function patch(
  fleet: Fleet,
  provider: FleetProvider,
  change: Partial<FleetProvider>,
  stale = false,
): Fleet {
  const id = provider.provider;
  return {
    ...fleet,
    providers: { ...fleet.providers, [id]: { ...provider, ...change } },
    stale: stale && !fleet.stale.has(id) ? new Set(fleet.stale).add(id) : fleet.stale,
  };
}

function without(fleet: Fleet, id: string): Fleet {
  return { ...withoutStale(fleet, id), providers: omit(fleet.providers, id) };
}

/** A registration tells the id, mode and owner only: the rest is asked for at once (stale). */
function withNew(fleet: Fleet, event: EventFrame): Fleet {
  const id = event.provider_id;
  if (id === undefined || fleet.providers[id]) return fleet;
  const text = (field: string) => (typeof event[field] === 'string' ? event[field] : '');
  const fresh: FleetProvider = {
    provider: id,
    state: 'cold',
    mode: (text('mode') || 'subprocess') as ProviderMode,
    source: (text('source') || 'api') as ProviderSummary['source'],
    alive: false,
    tools_count: 0,
    health_status: 'unknown',
    tools_predefined: false,
    description: '',
    stopping: false,
    last_call_at: null,
    calls_total: 0,
    calls_failed: 0,
    circuit_state: 'closed',
    retry_at: null,
    disabled: null,
    status: { level: 'off', summary: '', detail: '', action: '' },
    statePosition: event.position,
  };
  return {
    ...fleet,
    providers: { ...fleet.providers, [id]: fresh },
    stale: new Set(fleet.stale).add(id),
  };
}
