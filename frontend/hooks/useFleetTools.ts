import { useQuery, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys';
import { listTools } from '../api/tools';
import { eventsOf, useEventSignal } from './useEventSignal';
import { useMay } from './useMay';

const url = eventsOf({ types: ['ProviderToolsChanged', 'ProviderDeregistered'] });

/** Every tool of the fleet, asked again when one comes, goes or changes. Who may not list tools is told nothing, and asks nothing. */
export function useFleetTools() {
  const enabled = useMay('tool:list') !== false;
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
    enabled,
  });
}
