import { useQuery, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys';
import { listTools } from '../api/tools';
import { eventsOf, useEventSignal } from './useEventSignal';

const url = eventsOf({ types: ['ProviderToolsChanged', 'ProviderDeregistered'] });

/** Every tool of the fleet, asked again when one comes, goes or changes. */
export function useFleetTools() {
  const queryClient = useQueryClient();
  useEventSignal(url, (events) => {
    void queryClient.invalidateQueries({ queryKey: keys.fleetTools });
    for (const { provider_id: id } of events) {
      if (id) void queryClient.invalidateQueries({ queryKey: keys.tools(id) });
    }
  });
  return useQuery({
    queryKey: keys.fleetTools,
    queryFn: ({ signal }) => listTools(signal),
  });
}
