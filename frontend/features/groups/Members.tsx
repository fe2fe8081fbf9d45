import { NeedsButton } from '../../parts/actions/NeedsButton';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Group, GroupMember } from '../../api/types';
import { ActionButton } from '../../parts/actions/ActionButton';
import { removeMember } from '../../parts/actions/groupActions';
import { ProviderBadge } from '../../parts/ProviderBadge';
import { BalanceBar } from '../../ui/BalanceBar';
import { BreakerSwitch } from '../../ui/BreakerSwitch';
import { formatNumber, plural } from '../../ui/format';
import { AddMember } from './AddMember';
import classes from './GroupPage.module.css';

export function Members({ group }: { group: Group }) {
  const [adding, setAdding] = useState(false);
  const weighted = group.strategy.startsWith('weighted') || group.strategy === 'random';
  const ranked = group.strategy === 'priority';
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h2>Members</h2>
        {adding ? null : (
          <NeedsButton
            needs={[`group:update:${group.group_id}`]}
            leftSection={<IconPlus size={16} />}
            onClick={() => {
              setAdding(true);
            }}
          >
            Add member
          </NeedsButton>
        )}
      </div>
      {adding ? (
        <AddMember
          group={group}
          onClose={() => {
            setAdding(false);
          }}
        />
      ) : null}
      {group.members.length === 0 ? (
        <p className={classes.none}>
          Add the providers that do this work. Calls go through as soon as one of them can be
          called.
        </p>
      ) : (
        <div className={classes.tableFrame}>
          <table className={classes.table} aria-label={`Members of ${group.group_id}`}>
            <thead>
              <tr>
                <th scope="col">Provider</th>
                <th scope="col">State</th>
                <th scope="col">Rotation</th>
                <th scope="col">Breaker</th>
                <th scope="col" className={classes.wide}>
                  Share: got of wanted
                </th>
                {weighted ? (
                  <th scope="col" className={classes.end}>
                    Weight
                  </th>
                ) : null}
                {ranked ? (
                  <th scope="col" className={classes.end}>
                    Priority
                  </th>
                ) : null}
                <th scope="col" className={classes.end}>
                  Under way
                </th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {group.members.map((member) => (
                <tr key={member.id} data-row={member.id}>
                  <td>
                    <Link to="/providers/$id" params={{ id: member.id }} className={classes.name}>
                      {member.id}
                    </Link>
                  </td>
                  <td>
                    <ProviderBadge state={member.state} />
                  </td>
                  <td data-out={!member.in_rotation || undefined}>
                    {member.in_rotation ? 'in' : 'out'}
                  </td>
                  <td>
                    <Breaker member={member} />
                  </td>
                  <td>
                    <BalanceBar
                      wanted={member.wanted_share}
                      observed={member.observed_share}
                      unknown={group.recent_calls === 0}
                    />
                  </td>
                  {weighted ? <td className={classes.end}>{member.weight}</td> : null}
                  {ranked ? <td className={classes.end}>{member.priority}</td> : null}
                  <td className={classes.end}>{formatNumber(member.in_flight)}</td>
                  <td className={classes.end}>
                    <ActionButton iconOnly action={removeMember(group, member)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Breaker({ member }: { member: GroupMember }) {
  return (
    <BreakerSwitch small state={member.circuit_breaker_state} label={`Breaker of ${member.id}`}>
      {member.consecutive_failures > 0
        ? `${plural(member.consecutive_failures, 'failure')} in a row`
        : null}
    </BreakerSwitch>
  );
}
