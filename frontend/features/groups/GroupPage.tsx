import { Button } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Group } from '../../api/types';
import { useEventHistory } from '../../hooks/useEventHistory';
import { useGroups } from '../../hooks/useGroups';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { groupActions, groupSubject } from '../../parts/actions/groupActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import { useActionKeys } from '../../parts/actions/useActionKeys';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { BreakerSwitch } from '../../ui/BreakerSwitch';
import { EmptyState } from '../../ui/EmptyState';
import { formatNumber, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Signal } from '../../ui/Signal';
import { Timeline } from '../../ui/timeline/Timeline';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './GroupPage.module.css';
import { GroupRule } from './GroupRule';
import { availability, groupTone, isCallable } from './list';
import { Members } from './Members';
import { rangeOf, rotationEvents, rotationLanes } from './rotation';

export function GroupPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const groups = useGroups();
  const navigate = useNavigate();
  const group = groups.data?.groups.find((one) => one.group_id === id);
  if (group) return <Ready key={id} group={group} />;
  return (
    <>
      <PageHeader title={<Title id={id} />} />
      <ActionFailures about={groupSubject(id)} />
      {groups.isPending ? <Loading label={`Loading ${id}`} /> : null}
      {groups.error ? (
        <Failed
          title={`${id} could not be loaded`}
          error={groups.error}
          onRetry={() => void groups.refetch()}
        />
      ) : null}
      {groups.data ? (
        <EmptyState
          title={`There is no group ${id}`}
          action={<Button onClick={() => void navigate({ to: '/groups' })}>All groups</Button>}
        >
          It may have been deleted or renamed.
        </EmptyState>
      ) : null}
    </>
  );
}

const Title = ({ id }: { id: string }) => (
  <>
    <Link to="/groups" className={classes.crumb}>
      Groups
    </Link>
    {id}
  </>
);

function Ready({ group }: { group: Group }) {
  const id = group.group_id;
  const actions = groupActions(group);
  const [first, ...rest] = actions;
  useActionKeys('This group', { b: 'Rebalance' }, () => actions);
  return (
    <>
      <PageHeader
        title={<Title id={id} />}
        aside={<ToneBadge tone={groupTone[group.state]} label={group.state} />}
      >
        <div className={classes.facts}>
          <p className={classes.sentence} data-bad={!group.is_available || undefined}>
            {availability(group)}
          </p>
          <GroupRule group={group} />
          <span className={classes.actions}>
            <CurlButton
              requests={[{ method: 'GET', path: `api/groups/${encodeURIComponent(id)}` }]}
            />
            {first ? <ActionButton action={first} /> : null}
            <RowMenu label={`More for ${id}`} actions={rest} />
          </span>
        </div>
      </PageHeader>
      <ActionFailures about={groupSubject(id)} />
      <div className={classes.body} tabIndex={0} role="group" aria-label={`Group ${id}`}>
        <Signals group={group} />
        <Members group={group} />
        <Rotation group={group} />
      </div>
    </>
  );
}

function Signals({ group }: { group: Group }) {
  const callable = group.members.filter(isCallable).length;
  const underWay = group.members.reduce((sum, member) => sum + member.in_flight, 0);
  return (
    <div className={classes.signals}>
      <Signal
        name="Can be called"
        value={formatNumber(callable)}
        unit={`of ${group.total_members}`}
        note={`wants ${plural(group.min_healthy, 'member')}`}
      />
      <Signal name="Calls under way" value={formatNumber(underWay)} />
      <Signal
        name="Recent calls"
        value={formatNumber(group.recent_calls)}
        note="the last 1,000 of this run"
      />
      <div className={classes.breaker}>
        <BreakerSwitch state={group.circuit_breaker_state} label={`Breakers of ${id(group)}`}>
          all breakers in the rotation, summed up
        </BreakerSwitch>
      </div>
    </div>
  );
}

const id = (group: Group) => group.group_id;

function Rotation({ group }: { group: Group }) {
  const history = useEventHistory({ types: rotationEvents });
  const now = useNow(5_000);
  const lanes = useMemo(
    () => rotationLanes(group, history.data ?? [], Date.parse(group.created_at)),
    [group, history.data],
  );
  return (
    <section className={classes.section}>
      <h2>Who was in the rotation</h2>
      {history.isPending ? <Loading label="Loading the rotation" rows={3} rowHeight={26} /> : null}
      {history.error ? (
        <Failed
          title="The rotation could not be loaded"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      {history.data && lanes.length === 0 ? <p className="muted">Nobody yet.</p> : null}
      {history.data && lanes.length > 0 ? (
        <Timeline
          label={`Rotation of ${group.group_id}`}
          lanes={lanes}
          all={rangeOf(lanes, now)}
          now={now}
        />
      ) : null}
    </section>
  );
}
