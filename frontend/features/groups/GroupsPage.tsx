import { Button, NativeSelect } from '@mantine/core';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { IconChevronDown, IconPlus } from '@tabler/icons-react';
import { lazy, Suspense, useMemo } from 'react';
import type { Group } from '../../api/types';
import { useGroups } from '../../hooks/useGroups';
import { useListView } from '../../hooks/useListView';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { GroupCard } from './GroupCard';
import classes from './GroupsPage.module.css';
import { groupFields, groupStates, selectGroups, sortKeys, type SortKey } from './list';

const CreateGroup = lazy(async () => ({ default: (await import('./CreateGroup')).CreateGroup }));

export function GroupsPage() {
  const groups = useGroups();
  const { url, setUrl } = useListView(sortKeys);
  const all = groups.data?.groups;
  const add = () => {
    setUrl({ add: '1' });
  };
  return (
    <>
      <PageHeader title="Groups" aside={all ? plural(all.length, 'group') : null} />
      <ActionFailures about="group:" />
      {groups.isPending ? <Loading label="Loading groups" rows={4} rowHeight={120} /> : null}
      {groups.error && !all ? (
        <Failed
          title="The groups could not be loaded"
          error={groups.error}
          onRetry={() => void groups.refetch()}
        />
      ) : null}
      {all?.length === 0 ? <NoGroups onAdd={add} /> : null}
      {all && all.length > 0 ? <GroupList groups={all} onAdd={add} /> : null}
      <Suspense>
        {url.add === '1' ? (
          <CreateGroup
            onClose={() => {
              setUrl({ add: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}

const orders: { value: SortKey; label: string }[] = [
  { value: 'trouble', label: 'Troubled first' },
  { value: 'name', label: 'By name' },
  { value: 'calls', label: 'By recent calls' },
  { value: 'members', label: 'By members' },
];

function GroupList({ groups, onAdd }: { groups: readonly Group[]; onAdd: () => void }) {
  const { url, setUrl, text, order, onText } = useListView(sortKeys);
  const states = useMemo(() => (url.state ?? '').split(',').filter(Boolean), [url.state]);
  const shown = useMemo(
    () => selectGroups(groups, { text, states, order }),
    [groups, text, states, order],
  );
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/groups' }]} />
            <ExportMenu what="groups" rows={shown} fields={groupFields} />
            <NeedsButton
              needs={['group:create:*']}
              variant="filled"
              leftSection={<IconPlus size={16} />}
              onClick={onAdd}
            >
              Create group
            </NeedsButton>
          </>
        }
      >
        <SearchInput label="Filter groups" value={text} onChange={onText} />
        <FilterChips
          label="State"
          chosen={states}
          chips={groupStates.map((state) => ({
            key: state,
            label: state,
            count: groups.filter((one) => one.state === state).length,
          }))}
          onChange={(chosen) => {
            setUrl({ state: chosen.join(',') }, { push: true });
          }}
        />
        <NativeSelect
          aria-label="Order"
          rightSection={<IconChevronDown size={15} />}
          value={order.key}
          data={orders}
          onChange={(event) => {
            const key = event.currentTarget.value as SortKey;
            const descending = key === 'calls' || key === 'members';
            setUrl({ sort: key === 'trouble' ? '' : `${descending ? '-' : ''}${key}` });
          }}
        />
      </FilterBar>
      {shown.length === 0 ? (
        <EmptyState
          title="No group matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', state: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          {plural(groups.length, 'group')} outside of this filter.
        </EmptyState>
      ) : (
        <ul className={classes.cards} aria-label="Groups">
          {shown.map((group) => (
            <GroupCard key={group.group_id} group={group} />
          ))}
        </ul>
      )}
    </>
  );
}

function NoGroups({ onAdd }: { onAdd: () => void }) {
  return (
    <EmptyState
      title="No groups yet"
      action={
        <NeedsButton
          needs={['group:create:*']}
          variant="filled"
          leftSection={<IconPlus size={16} />}
          onClick={onAdd}
        >
          Create group
        </NeedsButton>
      }
    >
      A group is one address for several providers that do the same work: calls are balanced between
      its members, and go to another one when a member fails.
    </EmptyState>
  );
}
