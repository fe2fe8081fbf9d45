import { Button } from '@mantine/core';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { NeedsIcon } from '../../parts/actions/NeedsIcon';
import { IconPencil, IconPlus } from '@tabler/icons-react';
import { lazy, Suspense, useMemo } from 'react';
import type { Policy, Principal, RoleInfo } from '../../api/types';
import { useListView } from '../../hooks/useListView';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { deletePolicy, policyKey } from '../../parts/actions/policyActions';
import { CurlButton } from '../../parts/CurlButton';
import { Clip, NameButton } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { RelativeTime } from '../../ui/RelativeTime';
import { SearchInput } from '../../ui/SearchInput';
import { sortable, type Order } from '../../ui/SortHeader';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AccessPage.module.css';
import { policyFields, policySortKeys, selectPolicies, type PolicySortKey } from './policies';
import { PolicyPanel } from './PolicyPanel';
import { shownName } from '../../ui/shown';

const PolicyForm = lazy(async () => ({ default: (await import('./PolicyForm')).PolicyForm }));

type Props = {
  policies: readonly Policy[];
  principals: readonly Principal[];
  roles: readonly RoleInfo[];
};

const effects = ['allow', 'deny'] as const;

/** What narrows who may use which tool, with what follows from it. */
export function Policies({ policies, principals, roles }: Props) {
  const { url, setUrl, text, order, onSort, onText } = useListView(policySortKeys);
  const now = useNow(60_000);
  const chosen = useMemo(() => (url.effect ?? '').split(',').filter(Boolean), [url.effect]);
  const rows = useMemo(
    () => selectPolicies(policies, { text, effects: chosen, order }),
    [policies, text, chosen, order],
  );
  const columns = useMemo(
    () =>
      columnsOf({
        now,
        order,
        onSort,
        open: (sel) => {
          setUrl({ sel }, { push: true });
        },
        edit: (sel) => {
          setUrl({ edit: sel }, { push: true });
        },
      }),
    [now, order, onSort, setUrl],
  );
  const selected = policies.find((one) => policyKey(one) === url.sel);
  const edited = policies.find((one) => policyKey(one) === url.edit);
  const add = () => {
    setUrl({ edit: 'new' }, { push: true });
  };
  const addButton = (
    <NeedsButton
      needs={['auth:update:*']}
      variant="filled"
      leftSection={<IconPlus size={16} />}
      onClick={add}
    >
      Add policy
    </NeedsButton>
  );
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/auth/policies' }]} />
            <ExportMenu what="policies" rows={rows} fields={policyFields} />
            {policies.length > 0 ? addButton : null}
          </>
        }
      >
        <SearchInput label="Filter policies" value={text} onChange={onText} />
        <FilterChips
          label="Effect"
          chosen={chosen}
          chips={effects.map((key) => ({
            key,
            label: key,
            count: policies.filter((one) => one.effect === key).length,
          }))}
          onChange={(wanted) => {
            setUrl({ effect: wanted.join(',') }, { push: true });
          }}
        />
      </FilterBar>
      <div className={classes.body}>
        {rows.length > 0 ? (
          <VirtualTable
            label="Policies"
            rows={rows}
            rowKey={policyKey}
            columns={columns}
            selected={url.sel}
            onRowClick={(row) => {
              setUrl({ sel: policyKey(row) }, { push: true });
            }}
          />
        ) : policies.length === 0 ? (
          <EmptyState title="No policies: roles alone decide" action={addButton}>
            A policy narrows what a role grants: it denies a tool to somebody, or leaves somebody
            nothing but the tools that it lists.
          </EmptyState>
        ) : (
          <EmptyState
            title="No policy matches"
            action={
              <Button
                onClick={() => {
                  setUrl({ q: '', effect: '' });
                }}
              >
                Clear filter
              </Button>
            }
          >
            Search a provider, a tool or a subject as the policy has it.
          </EmptyState>
        )}
        {selected ? (
          <PolicyPanel
            key={url.sel}
            policy={selected}
            onClose={() => {
              setUrl({ sel: '' });
            }}
          />
        ) : null}
      </div>
      <Suspense>
        {edited || url.edit === 'new' ? (
          <PolicyForm
            key={url.edit}
            policy={edited}
            principals={principals}
            roles={roles}
            onClose={() => {
              setUrl({ edit: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}

export const effectBadge = {
  allow: { tone: 'good', label: 'allow' },
  deny: { tone: 'bad', label: 'deny' },
} as const;

type Context = {
  now: number;
  order: Order<PolicySortKey>;
  onSort: (key: PolicySortKey) => void;
  open: (key: string) => void;
  edit: (key: string) => void;
};

const columnsOf = ({ now, order, onSort, open, edit }: Context): Column<Policy>[] => [
  {
    key: 'effect',
    width: '84px',
    ...sortable('effect', 'Effect', order, onSort),
    cell: (row) => <ToneBadge {...effectBadge[row.effect]} />,
  },
  {
    key: 'who',
    width: 'minmax(96px, 1fr)',
    ...sortable('who', 'Whom', order, onSort),
    cell: (row) => (
      <NameButton
        title={row.principal_id}
        onClick={() => {
          open(policyKey(row));
        }}
      >
        {row.principal_id === '*' ? 'everyone' : row.principal_id}
      </NameButton>
    ),
  },
  {
    key: 'provider',
    width: 'minmax(80px, 1fr)',
    ...sortable('provider', 'Provider', order, onSort),
    cell: (row) => (
      <Clip mono title={row.provider_id}>
        {shownName(row.provider_id)}
      </Clip>
    ),
  },
  {
    key: 'tool',
    width: 'minmax(80px, 1fr)',
    ...sortable('tool', 'Tool', order, onSort),
    cell: (row) => (
      <Clip mono title={row.tool_name}>
        {shownName(row.tool_name)}
      </Clip>
    ),
  },
  {
    key: 'since',
    title: 'Since',
    width: '96px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => <RelativeTime iso={row.created_at} now={now} />,
  },
  {
    key: 'acts',
    title: <span className="visually-hidden">Actions</span>,
    width: '76px',
    align: 'end',
    cell: (row) => (
      <span className={classes.acts}>
        <NeedsIcon
          needs={['auth:update:*']}
          aria-label={shownName(
            `Edit policy of ${row.principal_id} on ${row.tool_name} of ${row.provider_id}`,
          )}
          title="Edit"
          onClick={() => {
            edit(policyKey(row));
          }}
        >
          <IconPencil size={16} />
        </NeedsIcon>
        <ActionButton action={deletePolicy(row)} iconOnly />
      </span>
    ),
  },
];
