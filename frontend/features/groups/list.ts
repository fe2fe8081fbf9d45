/** What the Groups page shows, as pure functions. */
import type { Group, GroupMember } from '../../api/types';
import { byText, type Order } from '../../hooks/useListView';
import { plural } from '../../ui/format';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export type GroupState = Group['state'];

export const groupStates = ['degraded', 'partial', 'inactive', 'healthy'] as const;

export const groupTone: Record<GroupState, Tone> = {
  healthy: 'good',
  partial: 'warn',
  degraded: 'bad',
  inactive: 'idle',
};

export const sortKeys = ['trouble', 'name', 'calls', 'members'] as const;
export type SortKey = (typeof sortKeys)[number];

/** One sentence about whether it works. */
export function availability(group: Group): string {
  const { healthy_count: healthy, total_members: total, min_healthy: least } = group;
  if (total === 0) return 'It has no members yet';
  const count = `${healthy} of ${plural(total, 'member')} can be called`;
  if (!group.is_available) return `No call gets through: ${count}`;
  if (healthy < least) return `${count}, fewer than the ${least} that it wants`;
  const spare = healthy - least;
  return spare === 0 ? `${count}; it can lose none` : `${count}; it can lose ${spare}`;
}

/** A member that calls are sent to. */
export const isCallable = (member: GroupMember): boolean =>
  member.in_rotation && member.circuit_breaker_state !== 'open';

export type GroupView = { text: string; states: readonly string[]; order: Order<SortKey> };

export function selectGroups(groups: readonly Group[], view: GroupView): Group[] {
  const needle = view.text.trim().toLowerCase();
  const sign = view.order.descending ? -1 : 1;
  return groups
    .filter(
      (one) =>
        (view.states.length === 0 || view.states.includes(one.state)) &&
        (needle === '' || wordsOf(one).includes(needle)),
    )
    .sort((a, b) => sign * compare[view.order.key](a, b) || byText(a.group_id, b.group_id));
}

const wordsOf = (group: Group) =>
  [
    group.group_id,
    group.description ?? '',
    group.strategy,
    ...group.members.map((member) => member.id),
  ]
    .join(' ')
    .toLowerCase();

/** Groups of which nothing gets through before those that miss members, and so on. */
const trouble = (group: Group) => (group.is_available ? 0 : -10) + groupStates.indexOf(group.state);

const compare: Record<SortKey, (a: Group, b: Group) => number> = {
  trouble: (a, b) => trouble(a) - trouble(b),
  name: (a, b) => byText(a.group_id, b.group_id),
  calls: (a, b) => a.recent_calls - b.recent_calls,
  members: (a, b) => a.total_members - b.total_members,
};

export const groupFields: readonly Field<Group>[] = [
  { name: 'group_id', value: (group) => group.group_id },
  { name: 'state', value: (group) => group.state },
  { name: 'strategy', value: (group) => group.strategy },
  { name: 'healthy_count', value: (group) => group.healthy_count },
  { name: 'min_healthy', value: (group) => group.min_healthy },
  { name: 'total_members', value: (group) => group.total_members },
  { name: 'is_available', value: (group) => group.is_available },
  { name: 'circuit_breaker_state', value: (group) => group.circuit_breaker_state },
  { name: 'recent_calls', value: (group) => group.recent_calls },
  { name: 'members', value: (group) => group.members.map((one) => one.id).join(' ') },
  { name: 'description', value: (group) => group.description },
];
