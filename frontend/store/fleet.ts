import { createStore, useStore } from 'zustand';
import { toApiError, type ApiError } from '../api/errors';
import { getProvider, listProviders } from '../api/providers';
import type { EventFrame, ProviderDetail, ProviderSummary } from '../api/types';
import {
  emptyFleet,
  fleetFrom,
  reduce,
  refreshed,
  withoutStale,
  type Fleet,
  type FleetProvider,
} from './reduce';
import { isReset } from './socketUrl';
import { onMessage, websocketStore } from './websocket';

export const eventsUrl = 'api/ws/events';
export const stateUrl = 'api/ws/state';

type Phase = { phase: 'loading' } | { phase: 'ready' } | { phase: 'error'; error: ApiError };

type FleetState = { fleet: Fleet; load: Phase };

const initial: FleetState = { fleet: emptyFleet, load: { phase: 'loading' } };

export const fleetStore = createStore<FleetState>(() => initial);

export const useFleet = <T>(selector: (state: FleetState) => T): T =>
  useStore(fleetStore, selector);

export const useProvider = (id: string): FleetProvider | undefined =>
  useFleet(({ fleet }) => fleet.providers[id]);

/** Events are reduced in one go this often: a flood costs one render per step, not one per event. */
const stepMs = 100;
/** More stale sentences than this are cheaper to fetch as one list. */
const singlyUpTo = 8;
const refreshAfterMs = 150;

let users = 0;
let connected = false;
let stopListening: (() => void) | undefined;
/** Set while a snapshot is on its way: what arrives meanwhile is applied on top of it. */
let loading: { events: EventFrame[] } | undefined;
let loadNumber = 0;
let waiting: EventFrame[] = [];
let step: ReturnType<typeof setTimeout> | undefined;
let refresh: ReturnType<typeof setTimeout> | undefined;

/** Keeps the picture live while at least one user holds it. Returns what lets go. */
export function holdFleet(): () => void {
  users += 1;
  if (users === 1) {
    const offs = [eventsUrl, stateUrl].map((url) => onMessage(url, receive));
    stopListening = () => {
      for (const off of offs) off();
    };
    void loadFleet();
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    users -= 1;
    if (users === 0) letGo();
  };
}

function letGo() {
  stopListening?.();
  stopListening = undefined;
  clearTimeout(step);
  clearTimeout(refresh);
  step = refresh = undefined;
  waiting = [];
  loading = undefined;
  loadNumber += 1; // a snapshot still on its way belongs to nobody
  if (connected) {
    connected = false;
    websocketStore.getState().disconnect(eventsUrl);
    websocketStore.getState().disconnect(stateUrl);
  }
  fleetStore.setState(initial, true);
}

/** A new snapshot, then everything after its position. Also what Retry does. */
export async function loadFleet(): Promise<void> {
  loadNumber += 1;
  const mine = loadNumber;
  loading = { events: [...(loading?.events ?? []), ...waiting] };
  waiting = [];
  if (fleetStore.getState().load.phase === 'error') {
    fleetStore.setState({ load: { phase: 'loading' } });
  }
  try {
    const snapshot = await listProviders();
    if (mine !== loadNumber) return;
    const fleet = loading.events.reduce(reduce, fleetFrom(snapshot));
    loading = undefined;
    fleetStore.setState({ fleet, load: { phase: 'ready' } });
    if (!connected) {
      connected = true;
      const { connect } = websocketStore.getState();
      connect(stateUrl, { since: snapshot.position });
      connect(eventsUrl, { since: snapshot.position });
    }
    refreshSoon();
  } catch (thrown) {
    if (mine !== loadNumber) return;
    loading = undefined;
    fleetStore.setState({ load: { phase: 'error', error: toApiError(thrown) } });
  }
}

function receive(message: unknown) {
  if (isReset(message)) {
    // What waits may be from a database that is no more; the new snapshot knows everything up to now.
    waiting = [];
    loading = undefined;
    void loadFleet();
    return;
  }
  const event = message as EventFrame;
  if (typeof event.event_type !== 'string' || typeof event.position !== 'number') return;
  if (loading) {
    loading.events.push(event);
    return;
  }
  waiting.push(event);
  step ??= setTimeout(() => {
    applyWaiting();
    refreshSoon();
  }, stepMs);
}

function applyWaiting() {
  clearTimeout(step);
  step = undefined;
  const events = waiting;
  waiting = [];
  fleetStore.setState(({ fleet }) => {
    const after = events.reduce(reduce, fleet);
    return after === fleet ? {} : { fleet: after };
  });
}

function refreshSoon() {
  if (refresh !== undefined || fleetStore.getState().fleet.stale.size === 0) return;
  refresh = setTimeout(() => {
    refresh = undefined;
    void refreshStale();
  }, refreshAfterMs);
}

/** Asks for the sentences that a change has made old. Asked because of events, never by the clock. */
async function refreshStale(): Promise<void> {
  applyWaiting(); // what was deleted a moment ago is not there to be asked for
  const stale = [...fleetStore.getState().fleet.stale];
  if (stale.length > singlyUpTo) {
    await loadFleet();
    return;
  }
  const mine = loadNumber;
  const answers = await Promise.allSettled(stale.map((id) => getProvider(id)));
  if (mine !== loadNumber) return;
  fleetStore.setState(({ fleet }) => {
    let after = fleet;
    answers.forEach((answer, i) => {
      // Gone, or unreachable: the next event or snapshot tells; asking in a loop would not.
      after =
        answer.status === 'fulfilled'
          ? refreshed(after, summaryOf(answer.value), answer.value.position)
          : withoutStale(after, stale[i] ?? '');
    });
    return { fleet: after };
  });
  refreshSoon();
}

function summaryOf(detail: ProviderDetail): ProviderSummary {
  return {
    provider: detail.provider_id,
    state: detail.state,
    mode: detail.mode,
    alive: detail.alive,
    tools_count: detail.tools_count,
    health_status: detail.health_status,
    tools_predefined: detail.tools_predefined,
    description: detail.description,
    stopping: detail.stopping,
    source: detail.source,
    last_call_at: detail.last_call_at,
    calls_total: detail.calls_total,
    calls_failed: detail.calls_failed,
    circuit_state: detail.circuit_state,
    retry_at: detail.retry_at,
    disabled: detail.disabled,
    status: detail.status,
  };
}
