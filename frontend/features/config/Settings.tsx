import { Button } from '@mantine/core';
import { useMemo } from 'react';
import type { ConfigInEffect } from '../../api/types';
import { useListView } from '../../hooks/useListView';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import { originOf, origins, settingFields, settingsOf, type Setting } from './plan';

const sortKeys = ['key'] as const;

const columns: readonly Column<Setting>[] = [
  {
    key: 'key',
    title: 'Setting',
    width: 'minmax(180px, 1fr)',
    cell: (row) => <code className="mono">{row.key}</code>,
  },
  {
    key: 'value',
    title: 'Value',
    width: 'minmax(120px, 1.4fr)',
    cell: (row) => <span title={row.value}>{row.value}</span>,
  },
  {
    key: 'origin',
    title: 'Comes from',
    width: 'minmax(100px, 1fr)',
    hideBelow: 600,
    cell: (row) => (
      <span className={row.origin === 'default' ? 'muted' : undefined}>{row.origin}</span>
    ),
  },
];

/** Every setting, its value and where that came from. */
export function Settings({ config }: { config: ConfigInEffect['config'] }) {
  const { url, setUrl, text, onText } = useListView(sortKeys);
  const all = useMemo(() => settingsOf(config), [config]);
  const chosen = useMemo(() => (url.origin ?? '').split(',').filter(Boolean), [url.origin]);
  const rows = useMemo(() => {
    const needle = text.trim().toLowerCase();
    return all.filter(
      (row) =>
        (chosen.length === 0 || chosen.includes(originOf(row.origin))) &&
        `${row.key} ${row.value} ${row.origin}`.toLowerCase().includes(needle),
    );
  }, [all, chosen, text]);
  return (
    <>
      <FilterBar end={<ExportMenu what="settings" rows={rows} fields={settingFields} />}>
        <SearchInput label="Filter settings" value={text} onChange={onText} />
        <FilterChips
          label="Comes from"
          chosen={chosen}
          chips={origins.map((key) => ({
            key,
            label: key,
            count: all.filter((row) => originOf(row.origin) === key).length,
          }))}
          onChange={(next) => {
            setUrl({ origin: next.join(',') }, { push: true });
          }}
        />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState
          title="No setting matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', origin: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          Settings are named as in the file.
        </EmptyState>
      ) : (
        <VirtualTable label="Settings" rows={rows} rowKey={(row) => row.key} columns={columns} />
      )}
    </>
  );
}
