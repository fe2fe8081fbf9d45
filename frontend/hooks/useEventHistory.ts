import { useQuery, useQueryClient } from '@tanstack/react-query';
import { listEvents } from '../api/events';
import { keys } from '../api/keys';
import { eventsOf, useEventSignal } from './useEventSignal';

type Options = { types: readonly string[]; providerId?: string };

/** As many as the API gives in one page. */
const limit = 500;

/** What happened of these kinds, oldest first, and again when more does: for pictures of the past. */
export function useEventHistory({ types, providerId }: Options) {
  const queryClient = useQueryClient();
  const queryKey = keys.events(types, providerId);
  const filter = providerId === undefined ? { types } : { types, providerId };
  useEventSignal(eventsOf(filter), () => {
    void queryClient.invalidateQueries({ queryKey });
  });
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const page = await listEvents({ providerId, eventTypes: types }, limit, signal);
      return page.events;
    },
  });
}
