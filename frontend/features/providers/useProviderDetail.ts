import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keys } from '../../api/keys';
import { getProvider } from '../../api/providers';
import { eventsOf, useEventSignal } from '../../hooks/useEventSignal';

/** What changes more of a provider than its figures, which the live picture of the fleet has anyway. */
const changes = [
  'ProviderRegistered',
  'ProviderUpdated',
  'ProviderDeregistered',
  'ProviderStateChanged',
  'ProviderStarted',
  'ProviderStopped',
  'ProviderDegraded',
  'ProviderToolsChanged',
  'ProviderAutoDisabled',
  'ProviderEnabled',
  'HealthCheckPassed',
  'HealthCheckFailed',
  'CircuitBreakerStateChanged',
] as const;

/** Everything about one provider, asked again when an event says that it changed. */
export function useProviderDetail(id: string) {
  const queryClient = useQueryClient();
  const [deleted, setDeleted] = useState(false);
  useEventSignal(eventsOf({ providerId: id, types: changes }), (events) => {
    const last = events.findLast(
      ({ event_type: type }) => type === 'ProviderDeregistered' || type === 'ProviderRegistered',
    );
    const gone = last ? last.event_type === 'ProviderDeregistered' : deleted;
    setDeleted(gone);
    // Of what is gone there is nothing left to ask for.
    if (!gone) void queryClient.invalidateQueries({ queryKey: keys.provider(id) });
  });
  const query = useQuery({
    queryKey: keys.detail(id),
    queryFn: ({ signal }) => getProvider(id, signal),
    enabled: !deleted,
  });
  return { ...query, deleted };
}
