import { Button } from '@mantine/core';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { NeedsIcon } from '../../parts/actions/NeedsIcon';
import { IconCopyPlus, IconPencil, IconPlus } from '@tabler/icons-react';
import { lazy, Suspense, useMemo } from 'react';
import type { RoleInfo } from '../../api/types';
import { byText, useListView } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { deleteRole } from '../../parts/actions/accessActions';
import { CurlButton } from '../../parts/CurlButton';
import { Clip, NameButton } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { SearchInput } from '../../ui/SearchInput';
import { sortable, type Order } from '../../ui/SortHeader';
import type { Field } from '../../ui/table';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AccessPage.module.css';
import { shown } from '../../ui/shown';

const RoleEditor = lazy(async () => ({ default: (await import('./RoleEditor')).RoleEditor }));

const sortKeys = ['role', 'kind', 'permissions'] as const;
type SortKey = (typeof sortKeys)[number];

const kindOf = (role: RoleInfo) => (role.is_builtin ? 'built-in' : 'custom');

const compare: Record<SortKey, (a: RoleInfo, b: RoleInfo) => number> = {
  role: () => 0,
  kind: (a, b) => byText(kindOf(a), kindOf(b)),
  permissions: (a, b) => a.permissions_count - b.permissions_count,
};

const fields: readonly Field<RoleInfo>[] = [
  { name: 'role_id', value: (row) => row.role_id },
  { name: 'is_builtin', value: (row) => row.is_builtin },
  { name: 'permissions', value: (row) => row.permissions.join(' ') },
  { name: 'description', value: (row) => row.description },
];

type Context = {
  order: Order<SortKey>;
  onSort: (key: SortKey) => void;
  edit: (change: Record<string, string>) => void;
};

const columnsOf = ({ order, onSort, edit }: Context): Column<RoleInfo>[] => [
  {
    key: 'role',
    width: 'minmax(110px, 1fr)',
    ...sortable('role', 'Role', order, onSort),
    cell: (row) =>
      row.is_builtin ? (
        <strong>{shown(row.role_id)}</strong>
      ) : (
        <NameButton
          title="Edit"
          onClick={() => {
            edit({ edit: row.role_id });
          }}
        >
          {row.role_id}
        </NameButton>
      ),
  },
  {
    key: 'kind',
    width: '96px',
    hideBelow: 600,
    ...sortable('kind', 'Kind', order, onSort),
    cell: (row) => <span className={row.is_builtin ? 'muted' : undefined}>{kindOf(row)}</span>,
  },
  {
    key: 'description',
    title: 'For',
    width: 'minmax(120px, 1.6fr)',
    hideBelow: 900,
    cell: (row) => <Clip title={row.description}>{shown(row.description)}</Clip>,
  },
  {
    key: 'permissions',
    width: 'minmax(100px, 2.4fr)',
    ...sortable('permissions', 'May', order, onSort),
    cell: (row) => (
      <Clip mono title={row.permissions.join('\n')}>
        {row.permissions.join(', ') || 'nothing'}
      </Clip>
    ),
  },
  {
    key: 'acts',
    title: <span className="visually-hidden">Actions</span>,
    width: '108px',
    align: 'end',
    cell: (row) => (
      <span className={classes.acts}>
        <NeedsIcon
          needs={['auth:update:*']}
          aria-label={`Edit role ${shown(row.role_id)}`}
          title={row.is_builtin ? 'Edit: not now, it is built in; copy it instead' : 'Edit'}
          disabled={row.is_builtin}
          onClick={() => {
            edit({ edit: row.role_id });
          }}
        >
          <IconPencil size={16} />
        </NeedsIcon>
        <NeedsIcon
          needs={['auth:update:*']}
          aria-label={`New role like ${shown(row.role_id)}`}
          title="New role like this one"
          onClick={() => {
            edit({ edit: 'new', like: row.role_id });
          }}
        >
          <IconCopyPlus size={16} />
        </NeedsIcon>
        <ActionButton action={deleteRole(row)} iconOnly />
      </span>
    ),
  },
];

export function Roles({ roles }: { roles: readonly RoleInfo[] }) {
  const { url, setUrl, text, order, onSort, onText } = useListView(sortKeys);
  const chosen = useMemo(() => (url.kind ?? '').split(',').filter(Boolean), [url.kind]);
  const rows = useMemo(() => {
    const needle = text.trim().toLowerCase();
    const sign = order.descending ? -1 : 1;
    return roles
      .filter(
        (row) =>
          (chosen.length === 0 || chosen.includes(kindOf(row))) &&
          `${row.role_id} ${row.description} ${row.permissions.join(' ')}`
            .toLowerCase()
            .includes(needle),
      )
      .sort((a, b) => sign * (compare[order.key](a, b) || byText(a.role_id, b.role_id)));
  }, [roles, text, chosen, order]);
  const columns = useMemo(
    () =>
      columnsOf({
        order,
        onSort,
        edit: (change) => {
          setUrl(change, { push: true });
        },
      }),
    [order, onSort, setUrl],
  );
  const edited = roles.find((one) => one.role_id === url.edit && !one.is_builtin);
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/auth/roles' }]} />
            <ExportMenu what="roles" rows={rows} fields={fields} />
            <NeedsButton
              needs={['auth:update:*']}
              variant="filled"
              leftSection={<IconPlus size={16} />}
              onClick={() => {
                setUrl({ edit: 'new', like: '' }, { push: true });
              }}
            >
              Create role
            </NeedsButton>
          </>
        }
      >
        <SearchInput label="Filter roles" value={text} onChange={onText} />
        <FilterChips
          label="Kind"
          chosen={chosen}
          chips={['built-in', 'custom'].map((key) => ({
            key,
            label: key,
            count: roles.filter((one) => kindOf(one) === key).length,
          }))}
          onChange={(wanted) => {
            setUrl({ kind: wanted.join(',') }, { push: true });
          }}
        />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState
          title="No role matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', kind: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          Search a role, or a permission.
        </EmptyState>
      ) : (
        <VirtualTable label="Roles" rows={rows} rowKey={(row) => row.role_id} columns={columns} />
      )}
      <Suspense>
        {edited || url.edit === 'new' ? (
          <RoleEditor
            key={url.edit}
            role={edited}
            copied={roles.find((one) => one.role_id === url.like)}
            roles={roles}
            onClose={() => {
              setUrl({ edit: '', like: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}
