import { TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Principal, RoleInfo } from '../../api/types';
import { byText, useListView } from '../../hooks/useListView';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Clip, NameButton } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { SearchInput } from '../../ui/SearchInput';
import type { Field } from '../../ui/table';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AccessPage.module.css';
import { PrincipalPanel } from './PrincipalPanel';
import { shown } from '../../ui/shown';

const sortKeys = ['principal'] as const;

const fields: readonly Field<Principal>[] = [
  { name: 'principal_id', value: (row) => row.principal_id },
  { name: 'type', value: (row) => row.type },
  { name: 'roles', value: (row) => row.roles.join(' ') },
  { name: 'groups', value: (row) => row.groups.join(' ') },
  { name: 'disabled', value: (row) => row.disabled },
  { name: 'description', value: (row) => row.description },
];

type Props = { principals: readonly Principal[]; roles: readonly RoleInfo[] };

export function Principals({ principals, roles }: Props) {
  const { url, setUrl, text, onText } = useListView(sortKeys);
  const [name, setName] = useState('');
  const rows = useMemo(() => {
    const needle = text.trim().toLowerCase();
    return principals
      .filter((row) =>
        `${row.principal_id} ${row.roles.join(' ')} ${row.description}`
          .toLowerCase()
          .includes(needle),
      )
      .sort((a, b) => byText(a.principal_id, b.principal_id));
  }, [principals, text]);
  const open = (sel: string) => {
    setUrl({ sel }, { push: true });
  };
  const columns = useMemo(
    () =>
      columnsOf((sel) => {
        setUrl({ sel }, { push: true });
      }),
    [setUrl],
  );
  return (
    <>
      <FilterBar
        end={
          <>
            <form
              className={classes.make}
              onSubmit={(event) => {
                event.preventDefault();
                if (name.trim() !== '') open(name.trim());
                setName('');
              }}
            >
              <TextInput
                aria-label="Name of a new principal"
                placeholder="new-principal"
                w={150}
                value={name}
                onChange={(event) => {
                  setName(event.currentTarget.value);
                }}
              />
              <NeedsButton
                needs={['auth:update:*']}
                type="submit"
                leftSection={<IconKey size={16} />}
              >
                Add
              </NeedsButton>
            </form>
            <CurlButton requests={[{ method: 'GET', path: 'api/auth/principals' }]} />
            <ExportMenu what="principals" rows={rows} fields={fields} />
          </>
        }
      >
        <SearchInput label="Filter principals" value={text} onChange={onText} />
      </FilterBar>
      <div className={classes.body}>
        {rows.length > 0 ? (
          <VirtualTable
            label="Principals"
            rows={rows}
            rowKey={(row) => row.principal_id}
            columns={columns}
            selected={url.sel}
            onRowClick={(row) => {
              open(row.principal_id);
            }}
          />
        ) : (
          <EmptyState title={principals.length === 0 ? 'Nobody yet' : 'Nobody matches'}>
            A principal comes to be with its first key or role, and may nothing at first.
          </EmptyState>
        )}
        {url.sel ? (
          <PrincipalPanel
            key={url.sel}
            id={url.sel}
            known={principals.find((one) => one.principal_id === url.sel)}
            roles={roles}
            onClose={() => {
              setUrl({ sel: '' });
            }}
          />
        ) : null}
      </div>
    </>
  );
}

const columnsOf = (open: (id: string) => void): Column<Principal>[] => [
  {
    key: 'principal',
    title: 'Principal',
    width: 'minmax(120px, 1fr)',
    cell: (row) => (
      <NameButton
        onClick={() => {
          open(row.principal_id);
        }}
      >
        {row.principal_id}
      </NameButton>
    ),
  },
  {
    key: 'type',
    title: 'Type',
    width: '128px',
    hideBelow: 600,
    cell: (row) => row.type.replace('_', ' '),
  },
  {
    key: 'roles',
    title: 'Roles',
    width: 'minmax(120px, 1.4fr)',
    cell: (row) => <Clip>{row.roles.join(', ') || '–'}</Clip>,
  },
  {
    key: 'description',
    title: 'Description',
    width: 'minmax(120px, 1.4fr)',
    hideBelow: 900,
    cell: (row) => <Clip>{shown(row.description)}</Clip>,
  },
  {
    key: 'disabled',
    title: 'Signs in',
    width: '88px',
    cell: (row) => (row.disabled ? <span className={classes.off}>disabled</span> : 'yes'),
  },
];
