import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import type { Found, Source } from '../../api/types';
import { useListView } from '../../hooks/useListView';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { bulkFoundActions, foundActions } from '../../parts/actions/discoveryActions';
import { focusedRow, useActionKeys } from '../../parts/actions/useActionKeys';
import { CurlButton } from '../../parts/CurlButton';
import { Clip, NameButton } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { RelativeTime } from '../../ui/RelativeTime';
import { SearchInput } from '../../ui/SearchInput';
import { shown } from '../../ui/shown';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './DiscoveryPage.module.css';
import { FoundPanel } from './FoundPanel';
import {
  foundFields,
  isDrifted,
  markedOf,
  runs,
  selectFound,
  sourceName,
  statuses,
  statusTone,
} from './list';

const sortKeys = ['status'] as const;

type Props = { found: readonly Found[]; sources: readonly Source[] };

export function Inbox({ found, sources }: Props) {
  const { url, setUrl, text, onText } = useListView(sortKeys);
  const now = useNow(10_000);
  const chosen = useMemo(() => (url.status ?? '').split(',').filter(Boolean), [url.status]);
  const source = url.source ?? '';
  const rows = useMemo(
    () => selectFound(found, { text, statuses: chosen, source }),
    [found, text, chosen, source],
  );
  const selected = found.find((one) => one.key === url.sel);
  const nameOf = useCallback(
    (id: string) => {
      const one = sources.find(({ source_id }) => source_id === id);
      return one ? sourceName(one) : id;
    },
    [sources],
  );
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const chosenRows = markedOf(rows, marked);
  const clear = () => {
    setMarked(new Set());
  };
  const columns = useMemo(
    () =>
      columnsOf({
        now,
        nameOf,
        marked,
        all: rows.length > 0 && rows.every((one) => marked.has(one.key)),
        onAll: (on) => {
          setMarked(new Set(on ? rows.map((one) => one.key) : []));
        },
        onMark: (key) => {
          setMarked((before) => {
            const after = new Set(before);
            if (!after.delete(key)) after.add(key);
            return after;
          });
        },
        open: (sel) => {
          setUrl({ sel }, { push: true });
        },
      }),
    [now, nameOf, marked, rows, setUrl],
  );
  useActionKeys('What was found, in focus', { a: 'Approve', x: 'Reject' }, () => {
    const row = found.find((one) => one.key === focusedRow());
    return row ? foundActions(row) : [];
  });
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/discovery/providers' }]} />
            <ExportMenu what="discovered" rows={rows} fields={foundFields} />
          </>
        }
      >
        <SearchInput label="Filter what was found" value={text} onChange={onText} />
        <FilterChips
          label="Status"
          chosen={chosen}
          chips={statuses.map((status) => ({
            key: status,
            label: status,
            count: found.filter((one) => one.status === status).length,
            mark: (
              <span className={classes.mark} data-tone={statusTone[status]}>
                <Glyph tone={statusTone[status]} size={10} />
              </span>
            ),
          }))}
          onChange={(next) => {
            setUrl({ status: next.join(',') }, { push: true });
          }}
        />
        <NativeSelect
          aria-label="Source"
          maw={220} // a source is called by its path
          rightSection={<IconChevronDown size={15} />}
          value={source}
          data={[
            { value: '', label: 'All sources' },
            ...sources.map((one) => ({ value: one.source_id, label: sourceName(one) })),
          ]}
          onChange={(event) => {
            setUrl({ source: event.currentTarget.value }, { push: true });
          }}
        />
      </FilterBar>
      {chosenRows.length > 0 ? (
        <section className={classes.bulk} aria-label="Marked">
          <span role="status">{plural(chosenRows.length, 'server')} marked</span>
          <span className={classes.bulkActs}>
            {bulkFoundActions(chosenRows, clear).map((action) => (
              <ActionButton key={action.id} action={action} long />
            ))}
            <Button variant="subtle" onClick={clear}>
              Clear
            </Button>
          </span>
        </section>
      ) : null}
      <div className={classes.body}>
        {rows.length > 0 ? (
          <VirtualTable
            label="Found"
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            rowHeight={40}
            marked={(key) => marked.has(key)}
            selected={selected?.key}
            onRowClick={(row) => {
              setUrl({ sel: row.key }, { push: true });
            }}
          />
        ) : found.length === 0 ? (
          <EmptyState title="Nothing was found yet">
            {plural(sources.length, 'source')} looked at; what they show appears here by itself.
          </EmptyState>
        ) : (
          <EmptyState
            title="Nothing matches"
            action={
              <Button
                onClick={() => {
                  setUrl({ q: '', status: '', source: '' });
                }}
              >
                Clear filter
              </Button>
            }
          >
            {plural(found.length, 'server')} outside of this filter.
          </EmptyState>
        )}
        {selected ? (
          <FoundPanel
            found={selected}
            source={nameOf(selected.source_id)}
            now={now}
            onClose={() => {
              setUrl({ sel: '' });
            }}
          />
        ) : null}
      </div>
    </>
  );
}

type Context = {
  now: number;
  nameOf: (source: string) => string;
  marked: ReadonlySet<string>;
  all: boolean;
  onAll: (on: boolean) => void;
  onMark: (key: string) => void;
  open: (key: string) => void;
};

const columnsOf = ({ now, nameOf, marked, all, onAll, onMark, open }: Context): Column<Found>[] => [
  {
    key: 'mark',
    title: (
      <label className={classes.box}>
        <input
          type="checkbox"
          aria-label="Mark all that are shown"
          checked={all}
          onChange={(event) => {
            onAll(event.currentTarget.checked);
          }}
        />
      </label>
    ),
    width: '32px',
    cell: (row) => (
      <label className={classes.box}>
        <input
          type="checkbox"
          aria-label={`Mark ${shown(row.key)}`}
          checked={marked.has(row.key)}
          onChange={() => {
            onMark(row.key);
          }}
        />
      </label>
    ),
  },
  {
    key: 'status',
    title: 'Status',
    width: '128px',
    cell: (row) => <ToneBadge tone={statusTone[row.status]} label={row.status} />,
  },
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(110px, 1fr)',
    cell: (row) => (
      <NameButton
        onClick={() => {
          open(row.key);
        }}
      >
        {row.key}
      </NameButton>
    ),
  },
  {
    key: 'what',
    title: 'Definition',
    width: 'minmax(140px, 2fr)',
    hideBelow: 600,
    cell: (row) => (
      <Clip mono title={runs(row)}>
        {runs(row)}
      </Clip>
    ),
  },
  {
    key: 'note',
    title: 'To know',
    width: 'minmax(140px, 2fr)',
    hideBelow: 900,
    cell: (row) => {
      const note = noteOf(row);
      return (
        <Clip tone={row.risks.length > 0 ? 'warn' : undefined} title={note}>
          {note}
        </Clip>
      );
    },
  },
  {
    key: 'source',
    title: 'Source',
    width: '120px',
    hideBelow: 900,
    cell: (row) => <Clip title={row.source_id}>{nameOf(row.source_id)}</Clip>,
  },
  {
    key: 'seen',
    title: 'Seen',
    width: '88px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => <RelativeTime iso={row.last_seen_at} now={now} />,
  },
  {
    key: 'acts',
    title: <span className="visually-hidden">Decide</span>,
    width: '72px',
    align: 'end',
    cell: (row) => (
      <span className={classes.acts}>
        {foundActions(row).map((action) => (
          <ActionButton key={action.id} action={action} iconOnly />
        ))}
      </span>
    ),
  },
];

function noteOf(row: Found): string {
  if (row.reason !== '') return row.reason;
  if (isDrifted(row)) return 'its definition has changed since it was approved';
  if (row.is_missing) return 'not shown by its source any more';
  return row.risks.join('; ');
}
