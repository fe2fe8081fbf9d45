import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Group } from '../../api/types';
import { groupActions, strategies } from '../../parts/actions/groupActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import { BalanceBar } from '../../ui/BalanceBar';
import { BreakerSwitch } from '../../ui/BreakerSwitch';
import { formatNumber } from '../../ui/format';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './GroupsPage.module.css';
import { availability, groupTone, isCallable } from './list';
import { shown } from '../../ui/shown';

/** A card shows this many members; the page of the group shows all. */
const shownMembers = 5;

export const GroupCard = memo(function GroupCard({ group }: { group: Group }) {
  const id = group.group_id;
  const more = group.members.length - shownMembers;
  return (
    <li className={classes.card} data-row={id} data-tone={edge(group)}>
      <div className={classes.cardHead}>
        <Link to="/groups/$id" params={{ id }} className={classes.name}>
          {id}
        </Link>
        <ToneBadge tone={groupTone[group.state]} label={group.state} />
        <span className={classes.cardEnd}>
          <RowMenu label={`More for ${id}`} actions={groupActions(group)} />
        </span>
      </div>
      <p className={classes.sentence} data-bad={!group.is_available || undefined}>
        {availability(group)}
      </p>
      {group.description ? <p className="muted">{shown(group.description)}</p> : null}
      <div className={classes.cardFacts}>
        <span>{strategies[group.strategy].name}</span>
        <BreakerSwitch small state={group.circuit_breaker_state} label={`Breakers of ${id}`} />
        <span>
          {group.recent_calls === 0
            ? 'no calls yet'
            : `${formatNumber(group.recent_calls)} recent calls`}
        </span>
      </div>
      <ul className={classes.shares} aria-label={`Members of ${id}`}>
        {group.members.slice(0, shownMembers).map((member) => (
          <li key={member.id}>
            <span className={classes.memberName} data-out={!isCallable(member) || undefined}>
              {member.id}
            </span>
            <BalanceBar
              wanted={member.wanted_share}
              observed={member.observed_share}
              unknown={group.recent_calls === 0}
            />
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="muted">and {more} more</p> : null}
    </li>
  );
});

const edge = (group: Group) =>
  !group.is_available && group.total_members > 0 ? 'bad' : groupTone[group.state];
