import { createStore, useStore } from 'zustand';
import { toApiError, type ApiError } from '../api/errors';
import { listProviders } from '../api/providers';
import {
  emptyFleet,
  fleetFrom,
  isFleetFrame,
  reduce,
  type Fleet,
  type FleetProvider,
} from './reduce';
import { onMessage, websocketStore } from './websocket';

export const eventsUrl = 'api/ws/events';
/** Coalesced by the server: at most four frames a second, whatever happens (docs/websockets.md). */
export const stateUrl = 'api/ws/state?mode=delta';

type Phase = { phase: 'loading' } | { phase: 'ready' } | { phase: 'error'; error: ApiError };

type FleetState = {
  fleet: Fleet;
  load: Phase;
  /** When the picture was last known to be true; ms since the epoch, 0 for never. */
  asOf: number;
  /** The socket does not come through: REST is asked instead, now and then. */
  polling: boolean;
};

const initial: FleetState = {
  fleet: emptyFleet,
  load: { phase: 'loading' },
  asOf: 0,
  polling: false,
};

export const fleetStore = createStore<FleetState>(() => initial);

export const useFleet = <T>(selector: (state: FleetState) => T): T =>
  useStore(fleetStore, selector);

export const useProvider = (id: string): FleetProvider | undefined =>
  useFleet(({ fleet }) => fleet.providers[id]);

/** Failed connections in a row until REST is asked instead; decisions.md 9. */
const pollFrom = 3;
export const pollEveryMs = 10_000;

let users = 0;
let letGo: (() => void) | undefined;
let loadNumber = 0;

/** Keeps the picture live while at least one user holds it. Returns what lets go. */
export function holdFleet(): () => void {
  users += 1;
  if (users === 1) letGo = follow();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    users -= 1;
    if (users > 0) return;
    letGo?.();
    letGo = undefined;
    loadNumber += 1; // a list still on its way belongs to nobody
    fleetStore.setState(initial, true);
  };
}

function follow(): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const off = onMessage(stateUrl, (message) => {
    if (!isFleetFrame(message)) return;
    loadNumber += 1; // the socket knows better than a list that was asked for earlier
    fleetStore.setState(({ fleet }) => ({
      fleet: reduce(fleet, message),
      load: { phase: 'ready' },
      asOf: Date.now(),
    }));
  });
  const watch = websocketStore.subscribe(({ connections }) => {
    const connection = connections[stateUrl];
    const polling = connection?.status === 'reconnecting' && connection.attempts >= pollFrom;
    if (polling === fleetStore.getState().polling) return;
    fleetStore.setState({ polling });
    clearInterval(timer);
    if (polling) timer = setInterval(() => void loadFleet(), pollEveryMs);
  });
  // The list paints first; the socket brings its own snapshot and does not wait for it.
  void loadFleet();
  websocketStore.getState().connect(stateUrl);
  return () => {
    off();
    watch();
    clearInterval(timer);
    websocketStore.getState().disconnect(stateUrl);
  };
}

/** Asks for the list: for the first look, on Retry, and while the socket does not come through. */
export async function loadFleet(): Promise<void> {
  loadNumber += 1;
  const mine = loadNumber;
  if (fleetStore.getState().load.phase === 'error') {
    fleetStore.setState({ load: { phase: 'loading' } });
  }
  try {
    const snapshot = await listProviders();
    if (mine !== loadNumber) return;
    fleetStore.setState({
      fleet: fleetFrom(snapshot),
      load: { phase: 'ready' },
      asOf: Date.now(),
    });
  } catch (thrown) {
    if (mine !== loadNumber) return;
    // What is on the screen stays; only a page without anything has nothing else to show.
    if (fleetStore.getState().load.phase !== 'ready') {
      fleetStore.setState({ load: { phase: 'error', error: toApiError(thrown) } });
    }
  }
}
