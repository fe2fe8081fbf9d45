import { Button } from '@mantine/core';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useActivities, useMemberships } from '../../hooks/useActivity';
import { useConnection } from '../../hooks/useConnection';
import { useKeys } from '../../hooks/useKeys';
import { useListView } from '../../hooks/useListView';
import { useNow } from '../../hooks/useNow';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { bulkActions } from '../../parts/actions/bulkActions';
import { focusedRow, useActionKeys } from '../../parts/actions/useActionKeys';
import { ColumnChooser, useColumns } from '../../parts/ColumnChooser';
import { CurlButton } from '../../parts/CurlButton';
import { loadFleet, useFleet } from '../../store/fleet';
import type { FleetProvider } from '../../store/reduce';
import { providerStates, stateTone } from '../../store/states';
import { EmptyState } from '../../ui/EmptyState';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { FacetMenu } from '../../ui/FacetMenu';
import { formatClock, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable } from '../../ui/VirtualTable';
import { BulkBar } from './BulkBar';
import { BulkOutcomes } from './BulkOutcome';
import { columnChoices, listActions, providerColumns, providerFields } from './columns';
import { countByState, facet, isFault, parseView, select, sortKeys } from './list';
import { headerOf, isMarked, orderOf, picked } from './selection';
import { filterOf, useMarks } from './useMarks';
import classes from './ProvidersPage.module.css';

// A form is not part of the first look.
const ProviderDrawer = lazy(async () => ({
  default: (await import('./ProviderDrawer')).ProviderDrawer,
}));

export function ProvidersPage() {
  const load = useFleet((state) => state.load);
  const byId = useFleet((state) => state.fleet.providers);
  const [url, setUrl] = useUrlState();
  const all = useMemo(() => Object.values(byId), [byId]);
  const add = () => {
    setUrl({ add: '1' });
  };

  return (
    <>
      <PageHeader
        title="Providers"
        aside={load.phase === 'ready' ? plural(all.length, 'provider') : null}
      />
      <ActionFailures about="provider:" />
      <ActionFailures about="bulk:" />
      <BulkOutcomes />
      {load.phase === 'loading' ? <Loading label="Loading providers" rows={10} /> : null}
      {load.phase === 'error' ? (
        <ErrorPanel
          title="The providers could not be loaded"
          message={load.error.message}
          code={load.error.type}
          requestId={load.error.requestId}
          onRetry={() => void loadFleet()}
        />
      ) : null}
      {load.phase === 'ready' && all.length === 0 ? <NoProviders onAdd={add} /> : null}
      {load.phase === 'ready' && all.length > 0 ? (
        <ProviderList providers={all} onAdd={add} />
      ) : null}
      <Suspense>
        {url.add === '1' || url.edit ? (
          <ProviderDrawer
            id={url.edit ?? null}
            onClose={() => {
              setUrl({ add: '', edit: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}

type Source = {
  label: string;
  param: 'group' | 'mode' | 'source';
  valuesOf: (one: FleetProvider) => readonly string[];
};

const facetsOf = (groups: ReadonlyMap<string, readonly string[]>): readonly Source[] => [
  { label: 'Group', param: 'group', valuesOf: (one) => groups.get(one.provider) ?? [] },
  { label: 'Mode', param: 'mode', valuesOf: (one) => [one.mode] },
  { label: 'Source', param: 'source', valuesOf: (one) => [one.source] },
];

type ListProps = { providers: readonly FleetProvider[]; onAdd: () => void };

function ProviderList({ providers, onAdd }: ListProps) {
  const { url, setUrl, text, order, onSort, onText } = useListView(sortKeys);
  const view = useMemo(() => parseView(url), [url]);
  const now = useNow(1_000);
  const navigate = useNavigate();
  const connection = useConnection();
  const counts = useMemo(() => countByState(providers), [providers]);
  const { from, byId: activity } = useActivities();
  const groups = useMemberships();
  const beside = useMemo(() => ({ activity, groups }), [activity, groups]);
  const fields = useMemo(() => providerFields(beside), [beside]);
  const { chosen: shownColumns, choose } = useColumns('providers', columnChoices);
  const rows = useMemo(() => select(providers, view, beside), [providers, view, beside]);
  const counted = useMemo(
    () => facetsOf(groups).map((one) => ({ ...one, chips: facet(providers, one.valuesOf) })),
    [providers, groups],
  );
  const facets = counted.flatMap(({ label, param, chips }) => {
    const on = view[`${param}s`];
    const onChange = (values: string[]) => {
      setUrl({ [param]: values.join(',') }, { push: true });
    };
    return chips.length < 2 && on.length === 0 ? [] : [{ label, chips, chosen: on, onChange }];
  });
  const marks = useMarks(rows, view);
  const { selection, ids, onMark, onMarkAll } = marks;
  const chosen = picked(selection, ids);
  const header = headerOf(selection, ids);
  const columns = useMemo(
    () =>
      providerColumns({
        beside,
        clock: (minute) => formatClock(new Date(from + minute * 60_000).toISOString()).slice(0, 5),
        chosen: shownColumns,
        order,
        now,
        onSort,
        header,
        isMarked: (id) => isMarked(selection, id),
        onMark,
        onMarkAll,
      }),
    [beside, from, shownColumns, order, now, onSort, header, selection, onMark, onMarkAll],
  );
  const bulk = bulkActions(
    chosen.length,
    (verb) => orderOf(verb, selection, ids, filterOf(view)),
    marks.onClear,
  );
  useActionKeys(
    'The selected providers, or the one in focus',
    { s: 'Start', S: 'Stop', r: 'Restart', l: 'Logs', e: 'Edit' },
    () => {
      if (chosen.length > 0) return bulk;
      const row = rows.find((one) => one.provider === focusedRow());
      return row ? listActions(row) : [];
    },
  );
  const toggleFaults = () => {
    setUrl({ faults: view.faults ? '' : '1' }, { push: true });
  };
  const markFocused = (ranged: boolean) => () => {
    const id = focusedRow();
    if (id !== null) onMark(id, ranged);
  };
  useKeys([
    { keys: 'f', label: 'Only what needs attention', group: 'Lists', run: toggleFaults },
    { keys: 'x', label: 'Select the row', group: 'Lists', run: markFocused(false) },
    { keys: 'X', label: 'Select up to the row', group: 'Lists', run: markFocused(true) },
  ]);

  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton requests={[{ method: 'GET', path: 'api/providers' }]} />
            <ColumnChooser choices={columnChoices} chosen={shownColumns} onChoose={choose} />
            <ExportMenu what="providers" rows={rows} fields={fields} />
            <NeedsButton
              needs={['provider:exec:*']}
              variant="filled"
              leftSection={<IconPlus size={16} />}
              onClick={onAdd}
            >
              Add provider
            </NeedsButton>
          </>
        }
      >
        <SearchInput label="Filter providers" width={168} value={text} onChange={onText} />
        <FilterChips
          label="State"
          chosen={view.states}
          chips={providerStates.map((state) => ({
            key: state,
            label: state,
            count: counts.get(state) ?? 0,
            mark: (
              <span className={classes.chipMark} data-tone={stateTone[state]}>
                <Glyph tone={stateTone[state]} size={10} />
              </span>
            ),
          }))}
          onChange={(states) => {
            setUrl({ state: states.join(',') }, { push: true });
          }}
        />
        <FilterChips
          label="Attention"
          chosen={view.faults ? ['faults'] : []}
          chips={[
            { key: 'faults', label: 'needs attention', count: providers.filter(isFault).length },
          ]}
          onChange={toggleFaults}
        />
        {facets.length === 0 ? null : <FacetMenu facets={facets} />}
      </FilterBar>
      {chosen.length === 0 ? null : (
        <BulkBar
          selection={selection}
          count={chosen.length}
          total={rows.length}
          actions={bulk}
          onAll={marks.onAll}
          onClear={marks.onClear}
        />
      )}
      {rows.length === 0 ? (
        <EmptyState
          title="No provider matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', state: '', faults: '', group: '', mode: '', source: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          {plural(providers.length, 'provider')} outside of this filter.
        </EmptyState>
      ) : (
        <div className={classes.table} data-stale={connection.kind !== 'live' || undefined}>
          <VirtualTable
            label="Providers"
            rows={rows}
            rowKey={(row) => row.provider}
            columns={columns}
            marked={(id) => isMarked(selection, id)}
            onRowClick={(row) => {
              void navigate({ to: '/providers/$id', params: { id: row.provider } });
            }}
          />
        </div>
      )}
    </>
  );
}

function NoProviders({ onAdd }: { onAdd: () => void }) {
  return (
    <EmptyState
      title="No providers yet"
      action={
        <NeedsButton
          needs={['provider:exec:*']}
          variant="filled"
          leftSection={<IconPlus size={16} />}
          onClick={onAdd}
        >
          Add provider
        </NeedsButton>
      }
    >
      A provider is an MCP server that Hangar runs or connects to, and whose tools it offers. Add
      one here, or name it in the configuration file.
    </EmptyState>
  );
}
