/**
 * How far away the server is, and whether it still is the one that this page came from. A socket cannot tell: the browser
 * answers its pings by itself. So while the page is live and looked at, the smallest answer there is gets timed now and
 * then; and each time a socket comes back, the server is asked for its version.
 */
import { createStore, useStore } from 'zustand';
import { urlOf } from '../api/client';
import { getSystem } from '../api/system';
import { summarise } from './connectionSummary';
import { stateUrl } from './fleet';
import { websocketStore } from './websocket';

export type Probe = {
  /** Of the last answer. */
  rttMs: number | null;
  /** When a question went out that has no answer yet; ms since the epoch. */
  waitingSince: number | null;
  /** The version that answers now, when it is not that of this page. */
  newVersion: string | null;
};

const initial: Probe = { rttMs: null, waitingSince: null, newVersion: null };

export const probeStore = createStore<Probe>(() => initial);

export const useProbe = (): Probe => useStore(probeStore);

export const probeEveryMs = 15_000;
/** A page that is so far behind is not called live. */
const delayedFromMs = 2_000;

/** How far behind the page is, or null when that is not worth a word. */
export function behindMs({ rttMs, waitingSince }: Probe, now: number): number | null {
  const behind = waitingSince === null ? (rttMs ?? 0) : now - waitingSince;
  return behind >= delayedFromMs ? behind : null;
}

const isLive = () =>
  summarise(websocketStore.getState().connections, navigator.onLine).kind === 'live';

/** Asks as long as it is held. `version` is that of the page; '' in development, where none is compared. */
export function holdProbe(version: string): () => void {
  let held = true;
  const ask = async () => {
    if (document.hidden || probeStore.getState().waitingSince !== null) return;
    if (!isLive()) return;
    const began = performance.now();
    probeStore.setState({ waitingSince: Date.now() });
    const answered = await fetch(urlOf('livez'), { cache: 'no-store' })
      .then((answer) => answer.text()) // a body that nobody reads keeps its request open
      .then(
        () => true,
        () => false, // the sockets say what is wrong
      );
    if (!held) return;
    probeStore.setState({
      waitingSince: null,
      rttMs: answered ? Math.round(performance.now() - began) : null,
    });
  };
  const compare = async () => {
    try {
      const { version: theirs } = await getSystem();
      if (held) {
        probeStore.setState({ newVersion: theirs === version ? null : theirs });
      }
    } catch {
      // who may not know the version is not told of a new one
    }
  };
  let open = false;
  let live = false;
  let before = false; // it was open once
  const watch = websocketStore.subscribe(({ connections }) => {
    const opened = connections[stateUrl]?.status === 'open';
    if (opened && !open) {
      if (before && version !== '') void compare();
      before = true;
    }
    open = opened;
    const lives = isLive();
    if (lives && !live) void ask();
    live = lives;
  });
  const timer = setInterval(() => void ask(), probeEveryMs);
  return () => {
    held = false;
    watch();
    clearInterval(timer);
    probeStore.setState(initial, true);
  };
}
