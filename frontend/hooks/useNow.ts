import { useSyncExternalStore } from 'react';

type Clock = { read: () => number; subscribe: (changed: () => void) => () => void };

const clocks = new Map<number, Clock>();

/** The time in steps of everyMs, shared by all readers of that step: a thousand ages cost one timer. */
export function useNow(everyMs = 1_000): number {
  const clock = clocks.get(everyMs) ?? newClock(everyMs);
  return useSyncExternalStore(clock.subscribe, clock.read);
}

function newClock(everyMs: number): Clock {
  const readers = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const clock: Clock = {
    read: () => now,
    subscribe: (changed) => {
      readers.add(changed);
      if (timer === undefined) {
        now = Date.now(); // it stood still while nobody read it
        timer = setInterval(() => {
          now = Date.now();
          for (const reader of readers) reader();
        }, everyMs);
      }
      return () => {
        readers.delete(changed);
        if (readers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
  clocks.set(everyMs, clock);
  return clock;
}
