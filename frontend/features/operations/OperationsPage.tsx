import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
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
import { plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable } from '../../ui/VirtualTable';
import { operationColumns } from './columns';
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
          isLoading || error
            ? null
            : `${running.length} running, ${plural(total, 'on record', 'on record')}`
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
  const columns = useMemo(() => operationColumns({ order, now, onSort }), [order, now, onSort]);
  return (
    <>
      <FilterBar
        end={
          <>
            {operations.length < total ? (
              <span className="muted">the newest {operations.length}</span>
            ) : null}
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
      )}
    </>
  );
}
