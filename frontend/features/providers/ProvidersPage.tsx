import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useConnection } from '../../hooks/useConnection';
import { useNow } from '../../hooks/useNow';
import { useUrlState } from '../../hooks/useUrlState';
import { loadFleet, useFleet } from '../../store/fleet';
import { providerStates, stateTone } from '../../store/states';
import { EmptyState } from '../../ui/EmptyState';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { FilterChips } from '../../ui/FilterChips';
import { plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable } from '../../ui/VirtualTable';
import { ActionFailure } from './ActionFailure';
import { providerColumns } from './columns';
import { countByState, parseView, select, type SortKey } from './list';
import classes from './ProvidersPage.module.css';
import { useProviderActions } from './useProviderActions';

// Forms and dialogs are not part of the first look.
const ProviderDrawer = lazy(async () => ({
  default: (await import('./ProviderDrawer')).ProviderDrawer,
}));
const DeleteDialog = lazy(async () => ({ default: (await import('./DeleteDialog')).DeleteDialog }));

type Open = { kind: 'add' } | { kind: 'edit'; id: string } | { kind: 'delete'; id: string } | null;

export function ProvidersPage() {
  const load = useFleet((state) => state.load);
  const byId = useFleet((state) => state.fleet.providers);
  const [url, setUrl] = useUrlState();
  const [open, setOpen] = useState<Open>(null);
  const actions = useProviderActions();
  const all = useMemo(() => Object.values(byId), [byId]);
  const close = () => {
    setOpen(null);
  };
  const add = () => {
    setOpen({ kind: 'add' });
  };

  return (
    <>
      <PageHeader
        title="Providers"
        aside={load.phase === 'ready' ? plural(all.length, 'provider') : null}
      />
      {actions.failure ? (
        <ActionFailure
          failure={actions.failure}
          onDismiss={actions.dismiss}
          onRetry={() => {
            if (actions.failure) void actions.run(actions.failure.verb, actions.failure.id);
          }}
        />
      ) : null}
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
        <ProviderList
          url={url}
          setUrl={setUrl}
          providers={all}
          actions={actions}
          onAdd={add}
          onEdit={(id) => {
            setOpen({ kind: 'edit', id });
          }}
          onDelete={(id) => {
            setOpen({ kind: 'delete', id });
          }}
        />
      ) : null}
      <Suspense>
        {open?.kind === 'add' || open?.kind === 'edit' ? (
          <ProviderDrawer id={open.kind === 'edit' ? open.id : null} onClose={close} />
        ) : null}
        {open?.kind === 'delete' ? (
          <DeleteDialog id={open.id} actions={actions} onClose={close} onDeleted={close} />
        ) : null}
      </Suspense>
    </>
  );
}

type ListProps = {
  url: ReturnType<typeof useUrlState>[0];
  setUrl: ReturnType<typeof useUrlState>[1];
  providers: ReturnType<typeof select>;
  actions: ReturnType<typeof useProviderActions>;
  onAdd: () => void;
  onEdit: (id: string) => void;
  onDelete: (id: string) => void;
};

function ProviderList({ url, setUrl, providers, actions, onAdd, onEdit, onDelete }: ListProps) {
  const view = useMemo(() => parseView(url), [url]);
  const now = useNow(1_000);
  const navigate = useNavigate();
  const connection = useConnection();
  const counts = useMemo(() => countByState(providers), [providers]);
  const rows = useMemo(() => select(providers, view), [providers, view]);
  const { run, pending } = actions;

  const onSort = useCallback(
    (key: SortKey) => {
      const flip = view.sort === key && !view.descending;
      setUrl({ sort: key === 'name' && !flip ? '' : `${flip ? '-' : ''}${key}` });
    },
    [setUrl, view],
  );
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
    },
    [setUrl],
  );
  const columns = useMemo(
    () =>
      providerColumns({
        view,
        now,
        pending,
        onSort,
        onStart: (id) => void run('start', id),
        onStop: (id) => void run('stop', id),
        onEdit,
        onDelete,
      }),
    [view, now, pending, onSort, run, onEdit, onDelete],
  );

  return (
    <>
      <div className={classes.filters}>
        <SearchInput label="Filter providers" value={view.text} onChange={onText} />
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
        <Button
          className={classes.add}
          variant="filled"
          leftSection={<IconPlus size={16} />}
          onClick={onAdd}
        >
          Add provider
        </Button>
      </div>
      {rows.length === 0 ? (
        <EmptyState
          title="No provider matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', state: '' });
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
        <Button variant="filled" leftSection={<IconPlus size={16} />} onClick={onAdd}>
          Add provider
        </Button>
      }
    >
      A provider is an MCP server that Hangar runs or connects to, and whose tools it offers. Add
      one here, or name it in the configuration file.
    </EmptyState>
  );
}
