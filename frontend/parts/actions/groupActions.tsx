import { IconArrowsShuffle, IconScale, IconTrash, IconCircleMinus } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { Group, GroupMember, Strategy } from '../../api/types';
import { plural } from '../../ui/format';
import { impactOf } from '../ProviderImpact';
import type { Action } from './action';

export const groupSubject = (id: string) => `group:${id}`;

const at = (id: string, rest = '') => `api/groups/${encodeURIComponent(id)}${rest}`;

export const strategies: Record<Strategy, { name: string; means: string }> = {
  round_robin: { name: 'Round robin', means: 'One after the other' },
  weighted_round_robin: { name: 'Weighted round robin', means: 'By weight, evenly spread' },
  least_connections: { name: 'Least connections', means: 'Where the fewest calls are under way' },
  random: { name: 'Random', means: 'By chance, by weight' },
  priority: { name: 'Priority', means: 'The lowest number first, the rest in reserve' },
  sticky: { name: 'Sticky', means: 'The same caller to the same member' },
};

export const strategyOptions = Object.entries(strategies).map(([value, { name }]) => ({
  value,
  label: name,
}));

/** What can be done with a group now. */
export function groupActions(group: Group): Action[] {
  return [rebalance(group.group_id), remove(group)];
}

export const rebalance = (id: string): Action => ({
  ...common(id, 'rebalance', 'Rebalance'),
  icon: IconScale,
  key: 'b',
  tier: 0,
  requests: [{ method: 'POST', path: at(id, '/rebalance') }],
  refresh: [keys.groups],
  done: `${id} is rebalanced: every member was looked at anew and the breakers are closed`,
  failed: `${id} could not be rebalanced`,
});

const remove = ({ group_id: id, members, is_available }: Group): Action => ({
  ...common(id, 'delete', 'Delete'),
  icon: IconTrash,
  tier: 3,
  question: {
    title: `Delete group ${id}?`,
    Body: () => (
      <p>
        Calls to the group <strong>{id}</strong> fail from then on
        {is_available ? '; it takes calls now' : ''}. Its {plural(members.length, 'member')} live on
        as providers.
      </p>
    ),
  },
  requests: [{ method: 'DELETE', path: at(id) }],
  refresh: [keys.groups],
  after: { to: '/groups' },
  done: `Group ${id} is deleted`,
  failed: `Group ${id} could not be deleted`,
});

/** Holds from the next call on, and can be undone. */
export function changeStrategy({ group_id: id, strategy: before }: Group, to: Strategy): Action {
  const change = (strategy: Strategy): Action => ({
    ...common(id, 'strategy', 'Change strategy'),
    label: `Pick members of ${id} by ${strategies[strategy].name.toLowerCase()}`,
    icon: IconArrowsShuffle,
    tier: 1,
    requests: [{ method: 'PUT', path: at(id), body: { strategy } }],
    refresh: [keys.groups],
    done: `${id} picks by ${strategies[strategy].name.toLowerCase()}`,
    failed: `The strategy of ${id} could not be changed`,
  });
  return { ...change(to), undo: change(before) };
}

export function changeMinimum({ group_id: id, min_healthy: before }: Group, to: number): Action {
  const change = (least: number): Action => ({
    ...common(id, 'minimum', 'Change minimum'),
    icon: IconScale,
    tier: 1,
    requests: [{ method: 'PUT', path: at(id), body: { min_healthy: least } }],
    refresh: [keys.groups],
    done: `${id} needs ${plural(least, 'member')}`,
    failed: `The minimum of ${id} could not be changed`,
  });
  return { ...change(to), undo: change(before) };
}

/** Taking a member out can be undone by adding it again, as long as that leaves the group working. */
export function removeMember(group: Group, member: GroupMember): Action {
  const id = group.group_id;
  const serious = impactOf(member.id, [group]).some((line) => line.serious);
  const { weight, priority } = member;
  return {
    ...common(id, `remove-${member.id}`, 'Remove'),
    label: `Remove ${member.id} from ${id}`,
    icon: IconCircleMinus,
    tier: serious ? 2 : 1,
    ...(serious
      ? {
          question: {
            title: `Remove ${member.id} from ${id}?`,
            Body: () => (
              <ul>
                {impactOf(member.id, [group]).map((line) => (
                  <li key={line.text}>{line.text}.</li>
                ))}
              </ul>
            ),
          },
        }
      : {}),
    requests: [{ method: 'DELETE', path: at(id, `/members/${encodeURIComponent(member.id)}`) }],
    refresh: [keys.groups],
    done: `${member.id} has left ${id}`,
    failed: `${member.id} could not be removed from ${id}`,
    undo: {
      ...common(id, `add-${member.id}`, 'Add'),
      label: `Add ${member.id} to ${id} again`,
      icon: IconCircleMinus,
      tier: 1,
      requests: [
        {
          method: 'POST',
          path: at(id, '/members'),
          body: { member_id: member.id, weight, priority },
        },
      ],
      refresh: [keys.groups],
      done: `${member.id} is in ${id} again`,
      failed: `${member.id} could not be added to ${id} again`,
    },
  };
}

const common = (id: string, name: string, verb: string) => ({
  id: `${name}:${groupSubject(id)}`,
  verb,
  label: `${verb} ${id}`,
  subject: groupSubject(id),
  needs: [`group:${name === 'delete' ? 'delete' : 'update'}:${id}`],
});
