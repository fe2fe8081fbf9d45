import type { ProviderActivity } from '../api/types';
import type { Beat } from '../ui/beats';
import { stateTone, type ProviderState } from './states';

const letters: Readonly<Record<string, ProviderState>> = {
  x: 'dead',
  d: 'degraded',
  r: 'ready',
  i: 'initializing',
  c: 'cold',
};

const known = new WeakMap<ProviderActivity, readonly Beat[]>();

/** The minutes of a provider. The same answer gives the same list, so that a strip is drawn once. */
export function beatsOf(activity: ProviderActivity): readonly Beat[] {
  const before = known.get(activity);
  if (before) return before;
  const beats = Array.from(activity.states, (letter, i) => {
    const state = letters[letter];
    return {
      calls: activity.calls[i] ?? 0,
      failed: activity.failed[i] ?? 0,
      tone: state ? stateTone[state] : 'idle',
      word: state ?? null,
    };
  });
  known.set(activity, beats);
  return beats;
}
