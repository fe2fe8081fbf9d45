import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { useEventStream, type EventRow } from '../../hooks/useEventStream';
import { useUrlState } from '../../hooks/useUrlState';
import { useFleet } from '../../store/fleet';
import { CurlButton } from '../../parts/CurlButton';
import { EmptyState } from '../../ui/EmptyState';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { ExportMenu } from '../../ui/ExportMenu';
import { formatNumber } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable } from '../../ui/VirtualTable';
import { Breakdown } from './Breakdown';
import { eventColumns } from './columns';
import { EventPanel } from './EventPanel';
import classes from './EventsPage.module.css';
import { breakdown, eventFields, parseEventView, selectEvents } from './view';

/** What is shown while the tail is held: the rows of that moment. */
type Held = { rows: EventRow[]; received: number; because: 'button' | 'scroll' };

export function EventsPage() {
  const [url, setUrl] = useUrlState();
  const view = useMemo(() => parseEventView(url), [url]);
  // A new filter is a new stream: pause and scroll position belong to the old one.
  return <Tail key={`${view.provider}|${view.types.join()}`} view={view} setUrl={setUrl} />;
}

type TailProps = {
  view: ReturnType<typeof parseEventView>;
  setUrl: ReturnType<typeof useUrlState>[1];
};

function Tail({ view, setUrl }: TailProps) {
  const stream = useEventStream({ providerFilter: view.provider, typeFilter: view.types });
  const [held, setHeld] = useState<Held | null>(null);
  const [top, setTop] = useState(0);

  const rows = useMemo(
    () => selectEvents(held?.rows ?? stream.rows, view.text).toReversed(),
    [held, stream.rows, view.text],
  );
  const events = useMemo(
    () => rows.flatMap((row) => (row.kind === 'item' ? [row.value] : [])),
    [rows],
  );
  const bars = useMemo(() => breakdown(stream.rows, view.types), [stream.rows, view.types]);
  const filtered = view.types.length > 0 || view.provider !== '' || view.text !== '';
  const waiting = held ? stream.received - held.received : 0;
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
    },
    [setUrl],
  );
  const selected = rows.find((row) => row.kind === 'item' && row.position === view.selected);

  const hold = (because: Held['because']) => {
    setHeld({ rows: stream.rows, received: stream.received, because });
  };
  const onScrolled = (away: boolean) => {
    if (away && !held) hold('scroll');
    if (!away && held?.because === 'scroll') setHeld(null);
  };
  const resume = () => {
    setHeld(null);
    setTop((n) => n + 1);
  };
  const onSelect = useCallback(
    (position: number) => {
      setUrl({ event: String(position) });
    },
    [setUrl],
  );
  const columns = useMemo(
    () => eventColumns({ onSelect, selected: view.selected }),
    [onSelect, view.selected],
  );

  return (
    <>
      <PageHeader title="Events" />
      <div className={classes.bar}>
        <SearchInput label="Search events" value={view.text} onChange={onText} />
        <ProviderFilter
          value={view.provider}
          onChange={(provider) => {
            setUrl({ provider, event: '' }, { push: true });
          }}
        />
        {filtered ? (
          <Button
            onClick={() => {
              setUrl({ provider: '', type: '', q: '', event: '' }, { push: true });
            }}
          >
            Clear filter
          </Button>
        ) : null}
        <span className={classes.end}>
          <CurlButton requests={[{ method: 'GET', path: pathOf(view) }]} />
          <ExportMenu what="events" rows={events} fields={eventFields} />
          {held ? (
            <Button leftSection={<IconPlayerPlay size={16} />} onClick={resume}>
              {waiting > 0 ? `Resume, ${formatNumber(waiting)} new` : 'Resume'}
            </Button>
          ) : (
            <Button
              leftSection={<IconPlayerPause size={16} />}
              onClick={() => {
                hold('button');
              }}
            >
              Pause
            </Button>
          )}
        </span>
      </div>
      <div className={classes.body} data-selected={selected ? true : undefined}>
        <Breakdown
          bars={bars}
          chosen={view.types}
          onChange={(types) => {
            setUrl({ type: types.join(','), event: '' }, { push: true });
          }}
        />
        <div className={classes.tail}>
          {stream.isLoading ? <Loading label="Loading events" rows={12} rowHeight={32} /> : null}
          {stream.error ? (
            <ErrorPanel
              title="The events could not be loaded"
              message={stream.error.message}
              code={stream.error.type}
              requestId={stream.error.requestId}
              onRetry={stream.retry}
            />
          ) : null}
          {!stream.isLoading && !stream.error && rows.length === 0 ? (
            <Nothing filtered={filtered} />
          ) : null}
          {rows.length > 0 ? (
            <VirtualTable
              label="Events"
              rows={rows}
              rowKey={rowKey}
              columns={columns}
              rowHeight={32}
              selected={selected ? rowKey(selected) : undefined}
              onScrolled={onScrolled}
              topSignal={top}
              onRowClick={(row) => {
                if (row.kind === 'item') onSelect(row.position);
              }}
            />
          ) : null}
        </div>
        {selected?.kind === 'item' ? (
          <EventPanel
            event={selected.value}
            onClose={() => {
              setUrl({ event: '' });
            }}
          />
        ) : null}
      </div>
    </>
  );
}

function pathOf({ types, provider }: TailProps['view']): string {
  const query = new URLSearchParams({ limit: '500' });
  if (provider !== '') query.set('provider_id', provider);
  for (const type of types) query.append('event_type', type);
  return `api/events?${query.toString()}`;
}

const rowKey = (row: EventRow) => `${row.kind}${row.position}`;

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <EmptyState title="No event matches">
      Events that match the filter appear here as they happen.
    </EmptyState>
  ) : (
    <EmptyState title="Nothing has happened yet">
      Every change and every call is an event; they appear here as they happen.
    </EmptyState>
  );
}

type FilterProps = { value: string; onChange: (provider: string) => void };

function ProviderFilter({ value, onChange }: FilterProps) {
  const providers = useFleet((state) => state.fleet.providers);
  const ids = useMemo(() => {
    const known = Object.keys(providers);
    // A provider that is gone can still be asked for: its events are not.
    return [...new Set(value === '' ? known : [...known, value])].sort();
  }, [providers, value]);
  return (
    <NativeSelect
      aria-label="Provider"
      rightSection={<IconChevronDown size={15} />}
      value={value}
      data={[{ value: '', label: 'All providers' }, ...ids]}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
