import { ActionIcon, Button, NativeSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronDown, IconTimeline } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Operation } from '../../api/types';
import { useListView } from '../../hooks/useListView';
import { useNow } from '../../hooks/useNow';
import { useOperations } from '../../hooks/useOperations';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { operationActions } from '../../parts/actions/operationActions';
import { focusedRow, useActionKeys } from '../../parts/actions/useActionKeys';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { standings, standingTone, typeWords } from '../../store/operationText';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { formatNumber, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { Timeline, type Span } from '../../ui/timeline/Timeline';
import { ToneText } from '../../ui/ToneText';
import { VirtualTable } from '../../ui/VirtualTable';
import { operationColumns } from './columns';
import { historyLanes, historyRange } from './history';
import { countByStanding, operationFields, selectOperations, sortKeys, typesOf } from './list';
import classes from './OperationsPage.module.css';

/** As many as the API gives. */
const count = 500;

export function OperationsPage() {
  const { operations, running, total, isLoading, error, retry } = useOperations(count);
  useActionKeys('The operation in focus', { c: 'Cancel' }, () => {
    const row = operations.find((one) => one.operation_id === focusedRow());
    return row ? operationActions(row) : [];
  });
  return (
    <>
      <PageHeader
        title="Operations"
        aside={
          isLoading || error ? null : (
            <span className={classes.onRecord}>
              {running.length} running, {formatNumber(total)} on record
            </span>
          )
        }
      />
      <ActionFailures about="operation:" />
      {isLoading ? <Loading label="Loading operations" rows={10} /> : null}
      {error ? (
        <Failed title="The operations could not be loaded" error={error} onRetry={retry} />
      ) : null}
      {!isLoading && !error && operations.length === 0 ? (
        <EmptyState title="No operations yet">
          Whatever takes its time is an operation: starts of providers, image pulls, slow calls, and
          the work that agents report. It appears here with its progress, and can be cancelled.
        </EmptyState>
      ) : null}
      {operations.length > 0 ? <List operations={operations} total={total} /> : null}
    </>
  );
}

function List({ operations, total }: { operations: readonly Operation[]; total: number }) {
  const { url, setUrl, text, order, onSort, onText } = useListView(sortKeys);
  const navigate = useNavigate();
  const now = useNow(1_000);
  const chosen = useMemo(() => (url.status ?? '').split(',').filter(Boolean), [url.status]);
  const type = url.type ?? '';
  const counts = useMemo(() => countByStanding(operations), [operations]);
  const types = useMemo(() => typesOf(operations), [operations]);
  const rows = useMemo(
    () => selectOperations(operations, { text, standings: chosen, type, order }, now),
    [operations, text, chosen, type, order, now],
  );
  const columns = useMemo(
    () => operationColumns({ operations, order, now, onSort }),
    [operations, order, now, onSort],
  );
  const large = useMediaQuery('(min-width: 768px) and (min-height: 700px)', false, {
    getInitialValueInEffect: false,
  });
  const inTime = url.timeline === undefined ? large : url.timeline === 'on';
  return (
    <div className={classes.page}>
      <FilterBar
        end={
          <>
            {operations.length < total ? (
              <span className="muted">the newest {operations.length}</span>
            ) : null}
            <ActionIcon
              size={32}
              variant={inTime ? 'light' : 'default'}
              aria-label="Timeline"
              aria-pressed={inTime}
              title={inTime ? 'Hide the timeline' : 'Show the timeline'}
              onClick={() => {
                setUrl({ timeline: inTime === large ? (inTime ? 'off' : 'on') : '' });
              }}
            >
              <IconTimeline size={17} />
            </ActionIcon>
            <CurlButton requests={[{ method: 'GET', path: `api/operations?limit=${count}` }]} />
            <ExportMenu what="operations" rows={rows} fields={operationFields} />
          </>
        }
      >
        <SearchInput label="Filter operations" value={text} onChange={onText} />
        <FilterChips
          label="Status"
          chosen={chosen}
          chips={standings.map((standing) => ({
            key: standing,
            label: standing,
            count: counts.get(standing) ?? 0,
            mark: (
              <span className={classes.mark} data-tone={standingTone[standing]}>
                <Glyph tone={standingTone[standing]} size={10} />
              </span>
            ),
          }))}
          onChange={(status) => {
            setUrl({ status: status.join(',') }, { push: true });
          }}
        />
        <NativeSelect
          aria-label="Type"
          rightSection={<IconChevronDown size={15} />}
          value={type}
          data={[
            { value: '', label: 'All types' },
            ...[...new Set(type === '' ? types : [...types, type])].map((value) => ({
              value,
              label: typeWords(value),
            })),
          ]}
          onChange={(event) => {
            setUrl({ type: event.currentTarget.value }, { push: true });
          }}
        />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState
          title="No operation matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', status: '', type: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          {plural(operations.length, 'operation')} outside of this filter.
        </EmptyState>
      ) : (
        <>
          {inTime ? <History rows={rows} now={now} /> : null}
          <VirtualTable
            label="Operations"
            rows={rows}
            rowKey={(row) => row.operation_id}
            columns={columns}
            rowHeight={40}
            onRowClick={(row) => {
              void navigate({ to: '/operations/$id', params: { id: row.operation_id } });
            }}
          />
        </>
      )}
    </div>
  );
}

const linkOf = (span: Span) => (
  <Link to="/operations/$id" params={{ id: span.key }}>
    <ToneText tone={span.tone} text={span.label} />
  </Link>
);

/** What the filter leaves, by kind and over time: a click on one leads to it. */
function History({ rows, now }: { rows: readonly Operation[]; now: number }) {
  const navigate = useNavigate();
  const lanes = useMemo(() => historyLanes(rows, now), [rows, now]);
  const open = useMemo(
    () => ({
      onSpan: (id: string) => void navigate({ to: '/operations/$id', params: { id } }),
      link: linkOf,
    }),
    [navigate],
  );
  return (
    <div className={classes.history} tabIndex={0} role="group" aria-label="History, scrolls">
      <Timeline
        label="Operations over time"
        lanes={lanes}
        all={historyRange(rows, now)}
        now={now}
        open={open}
      />
    </div>
  );
}
