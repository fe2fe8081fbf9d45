import { IconPlus } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { EventFrame, Source } from '../../api/types';
import { useEventHistory } from '../../hooks/useEventHistory';
import { useMay } from '../../hooks/useMay';
import { useNow } from '../../hooks/useNow';
import { sourceActions } from '../../parts/actions/discoveryActions';
import { ActionButton } from '../../parts/actions/ActionButton';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { RowMenu } from '../../parts/actions/RowMenu';
import { CurlButton } from '../../parts/CurlButton';
import { Clip } from '../../ui/Cell';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatNumber } from '../../ui/format';
import { HistoryStrip } from '../../ui/HistoryStrip';
import { RelativeTime } from '../../ui/RelativeTime';
import type { Field } from '../../ui/table';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './DiscoveryPage.module.css';
import { looksOf, looksShown, sourceName } from './list';

type Props = { sources: readonly Source[]; onAdd: () => void };

const cycles = ['DiscoveryCycleCompleted'] as const;

export function Sources({ sources, onAdd }: Props) {
  const now = useNow(10_000);
  const mayEvents = useMay('event:read') === true;
  const looks = useEventHistory({ types: cycles, enabled: mayEvents });
  const columns = useMemo(() => columnsOf(now, looks.data ?? []), [now, looks.data]);
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/discovery/sources' }]} />
            <ExportMenu what="sources" rows={sources} fields={sourceFields} />
            <NeedsButton
              needs={['provider:exec:*']}
              variant="filled"
              leftSection={<IconPlus size={16} />}
              onClick={onAdd}
            >
              Add source
            </NeedsButton>
          </>
        }
      >
        <span className="muted">Looking only looks: nothing that is found is run.</span>
      </FilterBar>
      <VirtualTable
        label="Sources"
        rows={sources}
        rowKey={(row) => row.source_id}
        columns={columns}
        rowHeight={40}
      />
    </>
  );
}

const standing = (source: Source) =>
  !source.enabled
    ? ({ tone: 'idle', label: 'off' } as const)
    : source.is_healthy
      ? ({ tone: 'good', label: 'looking' } as const)
      : ({ tone: 'bad', label: 'failing' } as const);

const columnsOf = (now: number, looks: readonly EventFrame[]): Column<Source>[] => [
  {
    key: 'state',
    title: 'State',
    width: '108px',
    cell: (row) => <ToneBadge {...standing(row)} />,
  },
  {
    key: 'id',
    title: 'Source',
    width: 'minmax(110px, 1fr)',
    cell: (row) => (
      <Clip title={`${row.source_id} ${JSON.stringify(row.config)}`}>{sourceName(row)}</Clip>
    ),
  },
  { key: 'type', title: 'Type', width: '104px', hideBelow: 600, cell: (row) => row.type },
  {
    key: 'mode',
    title: 'Takes away',
    width: '96px',
    hideBelow: 900,
    cell: (row) => (row.mode === 'authoritative' ? 'yes' : 'no'),
  },
  {
    key: 'count',
    title: 'Shows',
    width: '72px',
    align: 'end',
    cell: (row) => formatNumber(row.providers_count),
  },
  {
    key: 'scan',
    title: 'Looked at',
    width: '96px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => <RelativeTime iso={row.last_scan} now={now} />,
  },
  {
    key: 'looks',
    title: 'Last looks',
    width: '168px',
    hideBelow: 900,
    cell: (row) => {
      const cells = looksOf(row.source_id, looks);
      return cells.length === 0 ? (
        <span className="muted">–</span>
      ) : (
        <HistoryStrip
          label={`Last looks at ${sourceName(row)}`}
          cells={cells}
          length={looksShown}
        />
      );
    },
  },
  {
    key: 'error',
    title: 'Last said',
    width: 'minmax(140px, 2fr)',
    hideBelow: 900,
    cell: (row) => (
      <Clip tone={row.is_healthy ? undefined : 'bad'} title={row.error_message ?? ''}>
        {row.error_message ?? '–'}
      </Clip>
    ),
  },
  {
    key: 'acts',
    title: <span className="visually-hidden">Actions</span>,
    width: '76px',
    align: 'end',
    cell: (row) => {
      const [look, ...rest] = sourceActions(row);
      return (
        <span className={classes.acts}>
          {look ? <ActionButton action={look} iconOnly /> : null}
          <RowMenu label={`More for ${row.source_id}`} actions={rest} />
        </span>
      );
    },
  },
];

const sourceFields: readonly Field<Source>[] = [
  { name: 'source_id', value: (row) => row.source_id },
  { name: 'type', value: (row) => row.type },
  { name: 'mode', value: (row) => row.mode },
  { name: 'enabled', value: (row) => row.enabled },
  { name: 'is_healthy', value: (row) => row.is_healthy },
  { name: 'providers_count', value: (row) => row.providers_count },
  { name: 'last_scan', value: (row) => row.last_scan },
  { name: 'error_message', value: (row) => row.error_message },
];
