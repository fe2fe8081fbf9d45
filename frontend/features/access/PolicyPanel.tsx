import { ActionIcon, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getPolicies } from '../../api/access';
import { keys } from '../../api/keys';
import type { Policy } from '../../api/types';
import { useFleetTools } from '../../hooks/useFleetTools';
import { policyKey } from '../../parts/actions/policyActions';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './AccessPage.module.css';
import { isGlob } from '../../hooks/glob';
import { effectBadge } from './Policies';
import { covered, meaning } from './policies';
import { Decisions } from './Decisions';
import { shown, shownName } from '../../ui/shown';

type Props = { policy: Policy; onClose: () => void };

/** What a policy says, and what follows for everybody from it and all others at one of its tools. */
export function PolicyPanel({ policy, onClose }: Props) {
  const fleet = useFleetTools();
  const known = covered(fleet.data?.tools ?? [], policy);
  const exact = !isGlob(policy.provider_id) && !isGlob(policy.tool_name);
  const places = exact
    ? [{ provider: policy.provider_id, tool: policy.tool_name }]
    : known.map((one) => ({ provider: one.provider_id, tool: one.name }));
  const [at, setAt] = useState(0);
  const place = places[at] ?? places[0];
  return (
    <aside className={classes.panel} aria-label="About the policy" tabIndex={0}>
      <div className={classes.panelHead}>
        <ToneBadge {...effectBadge[policy.effect]} large />
        <h2>{policy.principal_id === '*' ? 'everyone' : shown(policy.principal_id)}</h2>
        <ActionIcon aria-label="Close" title="Close" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <section>
        <h3>What it says</h3>
        <p className={classes.sentence}>{shownName(meaning(policy.effect, policy))}</p>
        <p className="muted">
          {exact
            ? `The tool ${shownName(policy.tool_name)} of ${shownName(policy.provider_id)}, by its whole name.`
            : fleet.data
              ? `Speaks of ${plural(known.length, 'known tool')}.`
              : 'Speaks of every tool that fits.'}
        </p>
      </section>
      <section>
        <h3>What follows</h3>
        {!exact && places.length > 0 ? (
          <NativeSelect
            aria-label="At this tool"
            rightSection={<IconChevronDown size={15} />}
            value={String(at)}
            data={places.map((one, i) => ({
              value: String(i),
              label: `${shownName(one.provider)} / ${shownName(one.tool)}`,
            }))}
            onChange={(event) => {
              setAt(Number(event.currentTarget.value));
            }}
          />
        ) : null}
        {place ? (
          <Follows {...place} about={policyKey(policy)} />
        ) : fleet.isLoading ? (
          <Loading label="Loading tools" rows={3} />
        ) : fleet.data === undefined ? (
          <p className="muted">
            Which tools fit is for those who may list tools (tool:list). A policy for one tool, by
            its whole name, is explained here all the same.
          </p>
        ) : (
          <p className="muted">
            No tool that is known fits. It holds as soon as there is one: a provider tells its tools
            when it is started for the first time.
          </p>
        )}
      </section>
    </aside>
  );
}

type FollowsProps = { provider: string; tool: string; about: string };

function Follows({ provider, tool, about }: FollowsProps) {
  const view = useQuery({
    queryKey: keys.policiesOf(provider, tool),
    queryFn: ({ signal }) => getPolicies(provider, tool, signal),
  });
  if (view.isPending) return <Loading label="Loading what follows" rows={4} />;
  if (view.error) {
    return (
      <Failed
        title="What follows could not be loaded"
        error={view.error}
        onRetry={() => void view.refetch()}
      />
    );
  }
  const others = view.data.policies.filter((one) => policyKey(one) !== about);
  const path = `api/auth/policies/${encodeURIComponent(provider)}/${encodeURIComponent(tool)}`;
  return (
    <>
      <Decisions decisions={view.data.decisions} />
      {others.length > 0 ? (
        <>
          <h3>Other policies at this tool</h3>
          <ul aria-label="Other policies at this tool">
            {others.map((one) => (
              <li key={policyKey(one)} className={classes.line}>
                <ToneBadge {...effectBadge[one.effect]} />
                <span>{one.principal_id === '*' ? 'everyone' : shown(one.principal_id)}</span>
                <code className="mono muted">
                  {shownName(one.provider_id)} / {shownName(one.tool_name)}
                </code>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <div>
        <CurlButton requests={[{ method: 'GET', path }]} />
      </div>
    </>
  );
}
