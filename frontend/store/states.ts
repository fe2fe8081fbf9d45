import type { ProviderState } from '../api/types';

export type { ProviderState };

export const providerStates = ['dead', 'degraded', 'initializing', 'ready', 'cold'] as const;

/** Frames write states in upper case, REST in lower case. Anything else is a state this build does not know. */
export function parseState(value: unknown): ProviderState | null {
  if (typeof value !== 'string') return null;
  const lower = value.toLowerCase();
  return (providerStates as readonly string[]).includes(lower) ? (lower as ProviderState) : null;
}
