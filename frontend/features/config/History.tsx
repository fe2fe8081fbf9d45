import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useEventHistory } from '../../hooks/useEventHistory';
import { useMay } from '../../hooks/useMay';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { Clip } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatDateTime } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import { configEvents, happenedFields, happenedOf, type Happened } from './happened';

/** Every reload, restore and backup that the event log still has. */
export function History() {
  const history = useEventHistory({ types: configEvents });
  const mayAudit = useMay('audit:read') === true;
  const rows = useMemo(() => history.data?.toReversed().map(happenedOf) ?? [], [history.data]);
  const path = `api/events?limit=500&${configEvents.map((one) => `event_type=${one}`).join('&')}`;
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path }]} />
            <ExportMenu what="config-history" rows={rows} fields={happenedFields} />
          </>
        }
      >
        <span className="muted">
          {mayAudit ? (
            <>
              Who it was stands in the <Link to="/audit">audit</Link>.
            </>
          ) : (
            'As long as the event log keeps it.'
          )}
        </span>
      </FilterBar>
      {history.isPending ? <Loading label="Loading the history" rows={6} /> : null}
      {history.error && !history.data ? (
        <Failed
          title="The history could not be loaded"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      {history.data && rows.length === 0 ? (
        <EmptyState title="Nothing yet">
          Reloads, restores and backups appear here, the newest first.
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <VirtualTable label="History" rows={rows} rowKey={(row) => row.key} columns={columns} />
      ) : null}
    </>
  );
}

const columns: readonly Column<Happened>[] = [
  { key: 'at', title: 'When', width: '208px', cell: (row) => formatDateTime(row.at) },
  {
    key: 'what',
    title: 'What',
    width: '128px',
    cell: (row) => <ToneBadge tone={row.tone} label={row.what} />,
  },
  {
    key: 'came',
    title: 'What came of it',
    width: 'minmax(140px, 3fr)',
    hideBelow: 600,
    cell: (row) => (
      <Clip title={row.came} tone={row.tone === 'bad' ? 'bad' : undefined}>
        {row.came || '–'}
      </Clip>
    ),
  },
  {
    key: 'by',
    title: 'Asked for by',
    width: 'minmax(120px, 1fr)',
    hideBelow: 900,
    cell: (row) => <Clip>{row.by || '–'}</Clip>,
  },
];
