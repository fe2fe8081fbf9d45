import { Button } from '@mantine/core';
import { IconSchema } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Group } from '../../api/types';
import { useGroups } from '../../hooks/useGroups';
import { useUrlState } from '../../hooks/useUrlState';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { loadFleet, useFleet } from '../../store/fleet';
import type { FleetProvider } from '../../store/reduce';
import { CopyButton } from '../../ui/CopyButton';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import type { Field } from '../../ui/table';
import { asMermaid, graphOf, type Edge } from './graph';
import { Picture } from './Picture';
import classes from './TopologyPage.module.css';

export function TopologyPage() {
  const load = useFleet((state) => state.load);
  const byId = useFleet((state) => state.fleet.providers);
  const groups = useGroups();
  const navigate = useNavigate();
  const providers = useMemo(() => Object.values(byId), [byId]);
  const ready = load.phase === 'ready' && groups.data !== undefined;
  return (
    <>
      <PageHeader
        title="Topology"
        aside={
          ready
            ? `${plural(groups.data.groups.length, 'group')}, ${plural(providers.length, 'provider')}`
            : null
        }
      />
      {load.phase === 'loading' || (load.phase === 'ready' && groups.isPending) ? (
        <Loading label="Loading the topology" rows={8} />
      ) : null}
      {load.phase === 'error' ? (
        <Failed
          title="The providers could not be loaded"
          error={load.error}
          onRetry={() => void loadFleet()}
        />
      ) : null}
      {groups.error && !groups.data ? (
        <Failed
          title="The groups could not be loaded"
          error={groups.error}
          onRetry={() => void groups.refetch()}
        />
      ) : null}
      {ready && providers.length === 0 ? (
        <EmptyState
          title="Nothing is connected yet"
          action={<Button onClick={() => void navigate({ to: '/providers' })}>Providers</Button>}
        >
          Who can call what, through which group, is drawn here as soon as there is a provider.
        </EmptyState>
      ) : null}
      {ready && providers.length > 0 ? (
        <Ready providers={providers} groups={groups.data.groups} />
      ) : null}
    </>
  );
}

type ReadyProps = { providers: readonly FleetProvider[]; groups: readonly Group[] };

function Ready({ providers, groups }: ReadyProps) {
  const [url, setUrl] = useUrlState();
  const text = (url.q ?? '').trim().toLowerCase();
  const open = useMemo(() => (url.open ?? '').split(',').filter(Boolean), [url.open]);
  const shown = useMemo(
    () => (text === '' ? { providers, groups } : narrowed(providers, groups, text)),
    [providers, groups, text],
  );
  const graph = useMemo(() => graphOf({ ...shown, open }), [shown, open]);
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton
              requests={[
                { method: 'GET', path: 'api/providers' },
                { method: 'GET', path: 'api/groups' },
              ]}
            />
            <CopyButton
              label="Copy as Mermaid"
              text={asMermaid(graph)}
              icon={<IconSchema size={17} />}
            />
            <ExportMenu what="topology" rows={graph.edges} fields={edgeFields} />
          </>
        }
      >
        <SearchInput
          label="Find a group or provider"
          value={url.q ?? ''}
          onChange={(q) => {
            setUrl({ q });
          }}
        />
        {url.focus ? (
          <Button
            onClick={() => {
              setUrl({ focus: '' });
            }}
          >
            Show everything
          </Button>
        ) : null}
        {open.length > 0 ? (
          <Button
            onClick={() => {
              setUrl({ open: '' });
            }}
          >
            Close bundles
          </Button>
        ) : null}
        <Legend />
      </FilterBar>
      {shown.providers.length === 0 ? (
        <EmptyState
          title="Nothing matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          {plural(providers.length, 'provider')} outside of this filter.
        </EmptyState>
      ) : (
        <Picture
          graph={graph}
          focus={url.focus ?? ''}
          onFocus={(id) => {
            setUrl({ focus: id === url.focus ? '' : id });
          }}
          onOpen={(id) => {
            setUrl({ open: [...open, id].join(',') });
          }}
        />
      )}
    </>
  );
}

/** A group that matches keeps its members, a provider that matches its groups. */
function narrowed(
  providers: readonly FleetProvider[],
  groups: readonly Group[],
  text: string,
): ReadyProps {
  const named = groups.filter((group) => group.group_id.toLowerCase().includes(text));
  const members = new Set(named.flatMap((group) => group.members.map((one) => one.id)));
  const found = providers.filter(
    (one) => members.has(one.provider) || one.provider.toLowerCase().includes(text),
  );
  const ids = new Set(found.map((one) => one.provider));
  return {
    providers: found,
    groups: groups
      .filter((group) => named.includes(group) || group.members.some((one) => ids.has(one.id)))
      .map((group) => ({ ...group, members: group.members.filter((one) => ids.has(one.id)) })),
  };
}

function Legend() {
  return (
    <ul className={classes.legend} aria-label="What the lines mean">
      <li>
        <svg width="34" height="10" aria-hidden="true">
          <path className={classes.used} d="M0 5H34" strokeWidth="4" />
        </svg>
        calls, the more the wider
      </li>
      <li>
        <svg width="34" height="10" aria-hidden="true">
          <path className={classes.unused} d="M0 5H34" />
        </svg>
        open, unused
      </li>
      <li>
        <svg width="34" height="10" aria-hidden="true">
          <path className={classes.closed} d="M0 5H34" />
        </svg>
        closed
      </li>
    </ul>
  );
}

const edgeFields: readonly Field<Edge>[] = [
  { name: 'from', value: (edge) => edge.from },
  { name: 'to', value: (edge) => edge.to },
  { name: 'calls', value: (edge) => edge.calls },
  { name: 'closed', value: (edge) => edge.closed },
];
