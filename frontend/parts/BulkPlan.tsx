import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { planBulk } from '../api/bulk';
import { listGroups } from '../api/groups';
import { keys } from '../api/keys';
import type { BulkAnswer, BulkOrder, Group } from '../api/types';
import { plural } from '../ui/format';
import classes from './ProviderImpact.module.css';

type Props = { order: BulkOrder; children: ReactNode };

const namedAtMost = 5;

/** What a bulk would do now, as the server says: how many, what is left out and why, and whom it concerns. */
export function BulkPlan({ order, children }: Props) {
  const plan = useQuery({
    queryKey: keys.bulkPlan(order),
    queryFn: ({ signal }) => planBulk(order, signal),
    staleTime: 0,
  });
  const groups = useQuery({
    queryKey: keys.groups,
    queryFn: ({ signal }) => listGroups(signal),
    enabled: order.verb !== 'start',
  });
  const serious = shortOf(plan.data?.provider_ids ?? [], groups.data?.groups ?? []);
  const left = leftOut(plan.data?.skipped ?? []);
  return (
    <>
      <p>{children}</p>
      <p role="status">
        {plan.data
          ? sentence(plan.data)
          : plan.error
            ? plan.error.message
            : 'The server counts them …'}
      </p>
      {serious.length + left.length > 0 ? (
        <ul className={classes.impact} aria-label="What it concerns">
          {serious.map((line) => (
            <li key={line} data-serious>
              {line}
            </li>
          ))}
          {left.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

const sentence = ({ matched, provider_ids: ids }: BulkAnswer): string =>
  ids.length === matched
    ? `It is done for ${matched === 1 ? 'one provider' : `all ${matched}`}.`
    : `It is done for ${ids.length} of ${matched}.`;

/** Why some are left out, reason by reason. */
export function leftOut(skipped: BulkAnswer['skipped']): string[] {
  const byReason = new Map<string, BulkAnswer['skipped']>();
  for (const one of skipped) {
    const reason = one.reason.replace(` on ${one.provider_id}`, '');
    byReason.set(reason, [...(byReason.get(reason) ?? []), one]);
  }
  return [...byReason].map(([reason, those]) => {
    const names = those.slice(0, namedAtMost).map((one) => one.provider_id);
    const more = those.length - names.length;
    return `Left out, ${reason}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  });
}

/** The groups that would have fewer members than they need. */
export function shortOf(ids: readonly string[], groups: readonly Group[]): string[] {
  const going = new Set(ids);
  return groups.flatMap((group) => {
    const lost = group.members.filter(
      (one) => going.has(one.id) && one.in_rotation && one.circuit_breaker_state !== 'open',
    ).length;
    const left = group.healthy_count - lost;
    return lost > 0 && left < group.min_healthy
      ? [
          `Group ${group.group_id} falls to ${left} of ${plural(group.total_members, 'member')}, below its minimum of ${group.min_healthy}`,
        ]
      : [];
  });
}
