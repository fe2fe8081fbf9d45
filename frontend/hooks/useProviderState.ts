import { useEffect, useMemo } from 'react';
import { holdFleet, useFleet } from '../store/fleet';
import type { ProviderState } from '../store/states';

/** The state of every provider, from the snapshot and then from the state socket; nothing is polled. */
export function useProviderState(): { providerStates: Record<string, ProviderState> } {
  useEffect(holdFleet, []);
  const providers = useFleet(({ fleet }) => fleet.providers);
  const providerStates = useMemo(
    () => Object.fromEntries(Object.values(providers).map((one) => [one.provider, one.state])),
    [providers],
  );
  return { providerStates };
}
