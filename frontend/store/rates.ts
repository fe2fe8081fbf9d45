/** How fast the fleet works, as far as this page has seen it: counters become rates only by being looked at twice. */
import { createStore, useStore } from 'zustand';
import { fleetStore } from './fleet';
import type { Fleet } from './reduce';

export type Sample = {
  /** ms since the epoch */
  at: number;
  /** per second, since the sample before */
  calls: number;
  failures: number;
};

export const sampleEveryMs = 5_000;
/** Ten minutes. */
const keep = 120;

type Totals = { at: number; calls: number; failures: number };
type Rates = { last: Totals | null; samples: readonly Sample[] };

const initial: Rates = { last: null, samples: [] };

export const ratesStore = createStore<Rates>(() => initial);

export const useRates = (): readonly Sample[] => useStore(ratesStore, (state) => state.samples);

export function totalsOf(fleet: Fleet, at: number): Totals {
  const totals = { at, calls: 0, failures: 0 };
  for (const { calls_total, calls_failed } of Object.values(fleet.providers)) {
    totals.calls += calls_total;
    totals.failures += calls_failed;
  }
  return totals;
}

/** The next sample; a counter that went back (a provider was removed) has no rate. */
export function sample(before: Rates, now: Totals): Rates {
  const { last } = before;
  if (!last) return { ...before, last: now };
  const seconds = (now.at - last.at) / 1_000;
  if (seconds <= 0) return before;
  const rate = (a: number, b: number) => Math.max(0, b - a) / seconds;
  const next = {
    at: now.at,
    calls: rate(last.calls, now.calls),
    failures: rate(last.failures, now.failures),
  };
  return { last: now, samples: [...before.samples, next].slice(-keep) };
}

/** Looks at the fleet's counters now and then while it is held. */
export function holdRates(): () => void {
  const timer = setInterval(() => {
    const { fleet, load, asOf } = fleetStore.getState();
    if (load.phase !== 'ready' || asOf === 0) return;
    ratesStore.setState((before) => sample(before, totalsOf(fleet, Date.now())));
  }, sampleEveryMs);
  return () => {
    clearInterval(timer);
    ratesStore.setState(initial, true);
  };
}
