import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { listGroups } from '../api/groups';
import { keys } from '../api/keys';
import type { Group } from '../api/types';
import { plural } from '../ui/format';
import classes from './ProviderImpact.module.css';

type Props = { id: string; children: ReactNode };

/** Whom it concerns when this provider goes away, as of now. */
export function ProviderImpact({ id, children }: Props) {
  const groups = useQuery({
    queryKey: keys.groups,
    queryFn: ({ signal }) => listGroups(signal),
    staleTime: 0,
  });
  const lines = impactOf(id, groups.data?.groups ?? []);
  return (
    <>
      <p>{children}</p>
      {lines.length > 0 ? (
        <ul className={classes.impact} aria-label="What it concerns">
          {lines.map((line) => (
            <li key={line.text} data-serious={line.serious || undefined}>
              {line.text}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

export type ImpactLine = { text: string; serious: boolean };

export function impactOf(id: string, groups: readonly Group[]): ImpactLine[] {
  return groups.flatMap((group) => {
    const member = group.members.find((one) => one.id === id);
    if (!member) return [];
    const lines: ImpactLine[] = [];
    const callable = member.in_rotation && member.circuit_breaker_state !== 'open';
    const left = group.healthy_count - (callable ? 1 : 0);
    if (callable && left < group.min_healthy) {
      lines.push({
        text: `Group ${group.group_id} falls to ${left} of ${group.total_members} members, below its minimum of ${group.min_healthy}`,
        serious: true,
      });
    } else {
      lines.push({
        text: `Group ${group.group_id} goes on with ${plural(left, 'other member')}`,
        serious: false,
      });
    }
    if (member.in_flight > 0) {
      lines.push({
        text: `${plural(member.in_flight, 'call')} of group ${group.group_id} under way there`,
        serious: false,
      });
    }
    return lines;
  });
}
