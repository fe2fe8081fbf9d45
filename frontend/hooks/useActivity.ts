import { useQuery } from '@tanstack/react-query';
import { getActivity } from '../api/activity';
import { listGroups } from '../api/groups';
import { keys } from '../api/keys';
import type { FleetActivity, GroupList, ProviderActivity } from '../api/types';

const every = 15_000;

export type Activities = {
  /** Beginning of the first minute; ms since the epoch. */
  from: number;
  byId: ReadonlyMap<string, ProviderActivity>;
};

const none: Activities = { from: 0, byId: new Map() };

const byId = ({ from, providers }: FleetActivity): Activities => ({
  from: Date.parse(from),
  byId: new Map(providers.map((one) => [one.provider, one])),
});

/** The last hour of every provider, in one answer. Rows without one have not been heard of yet. */
export function useActivities(): Activities {
  const { data } = useQuery({
    queryKey: keys.activity,
    queryFn: async ({ signal }) => byId(await getActivity(signal)),
    refetchInterval: every,
    structuralSharing: false, // comparing 100,000 numbers costs more than drawing forty strips
  });
  return data ?? none;
}

const nobody: ReadonlyMap<string, readonly string[]> = new Map();

/** Which groups a provider is a member of; nothing for whoever may not read groups. */
export function useMemberships(): ReadonlyMap<string, readonly string[]> {
  const { data } = useQuery({
    queryKey: keys.memberships,
    queryFn: async ({ signal }) => membershipsOf(await listGroups(signal)),
    refetchInterval: every,
    retry: false,
  });
  return data ?? nobody;
}

export function membershipsOf({ groups }: GroupList): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { group_id, members } of groups) {
    for (const { id } of members) found.set(id, [...(found.get(id) ?? []), group_id]);
  }
  return found;
}
