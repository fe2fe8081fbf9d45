import { useQuery, useQueryClient } from '@tanstack/react-query';
import { listEvents } from '../api/events';
import { keys } from '../api/keys';
import { eventsOf, useEventSignal } from './useEventSignal';

type Options = {
  types: readonly string[];
  providerId?: string;
  /** How many of the newest; 500 are as many as the API gives. */
  limit?: number;
  /** Up to a moment, or between two (RFC 3339). */
  from?: string;
  to?: string;
  /** False: nothing is asked. */
  enabled?: boolean;
};

/** What happened of these kinds, oldest first, and again when more does: for pictures of the past. */
export function useEventHistory(options: Options) {
  const { types, providerId, limit = 500, from = '', to = '', enabled = true } = options;
  const queryClient = useQueryClient();
  const all = keys.events(types, providerId);
  const filter = providerId === undefined ? { types } : { types, providerId };
  useEventSignal(eventsOf(filter), () => {
    void queryClient.invalidateQueries({ queryKey: all });
  });
  return useQuery({
    queryKey: [...all, { from, to }],
    enabled,
    queryFn: async ({ signal }) => {
      const page = await listEvents({ providerId, eventTypes: types, from, to }, limit, signal);
      return page.events;
    },
    placeholderData: (before) => before,
  });
}
