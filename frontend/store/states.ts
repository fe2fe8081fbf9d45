import type { ProviderState } from '../api/types';
import type { Tone } from '../ui/tokens';

export type { ProviderState };

export const providerStates = ['dead', 'degraded', 'initializing', 'ready', 'cold'] as const;

/** Frames write states in upper case, REST in lower case. Anything else is a state this build does not know. */
export function parseState(value: unknown): ProviderState | null {
  if (typeof value !== 'string') return null;
  const lower = value.toLowerCase();
  return (providerStates as readonly string[]).includes(lower) ? (lower as ProviderState) : null;
}

/** Which meaning of the palette a state has: words and colours meet here and nowhere else. */
export const stateTone: Record<ProviderState, Tone> = {
  cold: 'idle',
  initializing: 'busy',
  ready: 'good',
  degraded: 'warn',
  dead: 'bad',
};
