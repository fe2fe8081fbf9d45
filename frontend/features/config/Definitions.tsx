import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ConfigInEffect } from '../../api/types';
import { byText, useListView } from '../../hooks/useListView';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { SearchInput } from '../../ui/SearchInput';
import type { Field } from '../../ui/table';
import { VirtualTable, type Column } from '../../ui/VirtualTable';

type Row = { kind: 'provider' | 'group'; id: string; owner: string; what: string };

const sortKeys = ['id'] as const;
const owners = ['file', 'api', 'catalog', 'discovery'] as const;
const ownerWords: Record<string, string> = {
  file: 'the file',
  api: 'REST',
  catalog: 'the catalog',
  discovery: 'discovery',
};

const fields: readonly Field<Row>[] = [
  { name: 'kind', value: (row) => row.kind },
  { name: 'id', value: (row) => row.id },
  { name: 'owner', value: (row) => row.owner },
  { name: 'definition', value: (row) => row.what },
];

const columns: readonly Column<Row>[] = [
  {
    key: 'id',
    title: 'Name',
    width: 'minmax(120px, 1fr)',
    cell: (row) => (
      <Link to={row.kind === 'group' ? '/groups/$id' : '/providers/$id'} params={{ id: row.id }}>
        {row.id}
      </Link>
    ),
  },
  { key: 'kind', title: 'Kind', width: '88px', cell: (row) => row.kind },
  { key: 'owner', title: 'Owned by', width: '112px', cell: (row) => ownerWords[row.owner] },
  {
    key: 'what',
    title: 'Definition',
    width: 'minmax(160px, 2.4fr)',
    hideBelow: 600,
    cell: (row) => (
      <code className="mono" title={row.what}>
        {row.what}
      </code>
    ),
  },
];

/** Who owns each provider and group: only what the file owns is changed by a reload. */
export function Definitions({ config }: { config: ConfigInEffect['config'] }) {
  const { url, setUrl, text, onText } = useListView(sortKeys);
  const all = useMemo(() => rowsOf(config), [config]);
  const chosen = useMemo(() => (url.owner ?? '').split(',').filter(Boolean), [url.owner]);
  const rows = useMemo(() => {
    const needle = text.trim().toLowerCase();
    return all.filter(
      (row) =>
        (chosen.length === 0 || chosen.includes(row.owner)) &&
        `${row.id} ${row.what}`.toLowerCase().includes(needle),
    );
  }, [all, chosen, text]);
  return (
    <>
      <FilterBar end={<ExportMenu what="definitions" rows={rows} fields={fields} />}>
        <SearchInput label="Filter definitions" value={text} onChange={onText} />
        <FilterChips
          label="Owner"
          chosen={chosen}
          chips={owners.map((owner) => ({
            key: owner,
            label: ownerWords[owner] ?? owner,
            count: all.filter((row) => row.owner === owner).length,
          }))}
          onChange={(next) => {
            setUrl({ owner: next.join(',') }, { push: true });
          }}
        />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState title="No definition matches">{all.length} outside of this filter.</EmptyState>
      ) : (
        <VirtualTable
          label="Definitions"
          rows={rows}
          rowKey={(row) => `${row.kind} ${row.id}`}
          columns={columns}
        />
      )}
    </>
  );
}

function rowsOf({ providers, groups }: ConfigInEffect['config']): Row[] {
  const all: Row[] = [
    ...providers.map((one) => ({
      kind: 'provider' as const,
      id: one.provider_id,
      owner: one.source,
      what: [...one.command, one.image, ...one.args, one.endpoint].filter(Boolean).join(' '),
    })),
    ...groups.map((one) => ({
      kind: 'group' as const,
      id: one.group_id,
      owner: one.source,
      what: one.members.map((member) => member.id).join(', '),
    })),
  ];
  return all.sort((a, b) => byText(a.id, b.id));
}
