import { useQuery, useQueryClient } from '@tanstack/react-query';
import { listGroups } from '../api/groups';
import { keys } from '../api/keys';
import { eventsOf, useEventSignal } from './useEventSignal';

/** What changes a group. */
export const groupEvents = [
  'GroupCreated',
  'GroupUpdated',
  'GroupDeleted',
  'GroupMemberAdded',
  'GroupMemberRemoved',
  'GroupMemberHealthChanged',
  'GroupStateChanged',
  'GroupCircuitOpened',
  'GroupCircuitClosed',
  'CircuitBreakerStateChanged',
] as const;

const url = eventsOf({ types: groupEvents });

/** Shares and calls under way are figures, not events: they are asked for this often while someone looks. */
const figuresEveryMs = 3_000;

/** All groups, live: asked again when an event says that one changed, and now and then for the figures. */
export function useGroups() {
  const queryClient = useQueryClient();
  useEventSignal(url, () => {
    void queryClient.invalidateQueries({ queryKey: keys.groups });
  });
  return useQuery({
    queryKey: keys.groups,
    queryFn: ({ signal }) => listGroups(signal),
    refetchInterval: figuresEveryMs,
  });
}
