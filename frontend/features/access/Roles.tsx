import { useMemo } from 'react';
import type { RoleInfo } from '../../api/types';
import { useListView } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { deleteRole } from '../../parts/actions/accessActions';
import { CurlButton } from '../../parts/CurlButton';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { SearchInput } from '../../ui/SearchInput';
import type { Field } from '../../ui/table';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AccessPage.module.css';
import { shown } from '../../ui/shown';

const sortKeys = ['role'] as const;

const fields: readonly Field<RoleInfo>[] = [
  { name: 'role_id', value: (row) => row.role_id },
  { name: 'is_builtin', value: (row) => row.is_builtin },
  { name: 'permissions', value: (row) => row.permissions.join(' ') },
  { name: 'description', value: (row) => row.description },
];

const columns: readonly Column<RoleInfo>[] = [
  {
    key: 'role',
    title: 'Role',
    width: 'minmax(110px, 1fr)',
    cell: (row) => <strong>{row.role_id}</strong>,
  },
  {
    key: 'description',
    title: 'For',
    width: 'minmax(120px, 1.6fr)',
    hideBelow: 600,
    cell: (row) => <span className={classes.clip}>{shown(row.description)}</span>,
  },
  {
    key: 'permissions',
    title: 'May',
    width: 'minmax(140px, 3fr)',
    cell: (row) => (
      <code className={`mono ${classes.clip ?? ''}`} title={row.permissions.join('\n')}>
        {row.permissions.join(', ')}
      </code>
    ),
  },
  {
    key: 'acts',
    title: <span className="visually-hidden">Actions</span>,
    width: '48px',
    align: 'end',
    cell: (row) => <ActionButton action={deleteRole(row)} iconOnly />,
  },
];

export function Roles({ roles }: { roles: readonly RoleInfo[] }) {
  const { text, onText } = useListView(sortKeys);
  const rows = useMemo(() => {
    const needle = text.trim().toLowerCase();
    return roles.filter((row) =>
      `${row.role_id} ${row.description} ${row.permissions.join(' ')}`
        .toLowerCase()
        .includes(needle),
    );
  }, [roles, text]);
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/auth/roles' }]} />
            <ExportMenu what="roles" rows={rows} fields={fields} />
          </>
        }
      >
        <SearchInput label="Filter roles" value={text} onChange={onText} />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState title="No role matches">Search a role, or a permission.</EmptyState>
      ) : (
        <VirtualTable label="Roles" rows={rows} rowKey={(row) => row.role_id} columns={columns} />
      )}
    </>
  );
}
