import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { firstPage, useEventStream, type EventRow } from '../../hooks/useEventStream';
import { windowOf, windowPatch } from '../../hooks/range';
import { useNow } from '../../hooks/useNow';
import { useRange } from '../../hooks/useRange';
import { useUrlState } from '../../hooks/useUrlState';
import { toApiError } from '../../api/errors';
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
import { useEvent, usePastEvents } from './usePastEvents';
import { breakdown, eventFields, parseEventView, selectEvents } from './view';

/** What is shown while the tail is held: the rows of that moment. */
type Held = { rows: EventRow[]; received: number; because: 'button' | 'scroll' };

export function EventsPage() {
  const [url, setUrl] = useUrlState();
  const view = useMemo(() => parseEventView(url), [url]);
  const { range } = useRange();
  // A new filter is a new stream: pause and scroll position belong to the old one.
  const key = `${view.provider}|${view.types.join()}|${range.label}`;
  return range.window ? (
    <Past key={key} view={view} setUrl={setUrl} window={range.window} />
  ) : (
    <Live key={key} view={view} setUrl={setUrl} />
  );
}

type PartProps = {
  view: ReturnType<typeof parseEventView>;
  setUrl: ReturnType<typeof useUrlState>[1];
};

/** Up to now, and on. */
function Live(props: PartProps) {
  const { range, change } = useRange();
  const { view } = props;
  const stream = useEventStream({
    providerFilter: view.provider,
    typeFilter: view.types,
    minutes: range.minutes,
  });
  const onOlder = () => {
    const { from, to } = windowOf(range, Date.now());
    change(windowPatch(from, to));
  };
  // A whole first page: there may be more of this time than that.
  const more = stream.rows.length >= firstPage;
  return <Tail {...props} stream={stream} live onOlder={more ? onOlder : null} />;
}

/** Between two moments: nothing comes to it any more. */
function Past({ window, ...props }: PartProps & { window: { from: number; to: number } }) {
  const { query, rows } = usePastEvents({
    types: props.view.types,
    providerId: props.view.provider,
    window,
  });
  const stream = {
    rows,
    received: 0,
    isLoading: query.isPending,
    error: query.error && !query.data ? toApiError(query.error) : null,
    retry: () => void query.refetch(),
  };
  return (
    <Tail
      {...props}
      stream={stream}
      live={false}
      onOlder={query.hasNextPage ? () => void query.fetchNextPage() : null}
    />
  );
}

type TailProps = PartProps & {
  stream: Pick<
    ReturnType<typeof useEventStream>,
    'rows' | 'received' | 'isLoading' | 'error' | 'retry'
  >;
  live: boolean;
  onOlder: (() => void) | null;
};

function Tail({ view, setUrl, stream, live, onOlder }: TailProps) {
  const { range } = useRange();
  const now = useNow(60_000);
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
  const linked = useEvent(selected || stream.isLoading ? null : view.selected);
  const opened = selected?.kind === 'item' ? selected.value : (linked ?? null);

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
          <CurlButton requests={[{ method: 'GET', path: pathOf(view, windowOf(range, now)) }]} />
          <ExportMenu what="events" rows={events} fields={eventFields} />
          {!live ? null : held ? (
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
      <div className={classes.body} data-selected={opened ? true : undefined}>
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
            <Nothing filtered={filtered} live={live} time={live ? range.label : 'chosen time'} />
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
          {onOlder ? (
            <div className={classes.older}>
              <Button onClick={onOlder}>Older events</Button>
            </div>
          ) : null}
        </div>
        {opened ? (
          <EventPanel
            event={opened}
            onClose={() => {
              setUrl({ event: '' });
            }}
          />
        ) : null}
      </div>
    </>
  );
}

function pathOf(
  { types, provider }: TailProps['view'],
  { from, to }: { from: number; to: number },
): string {
  const query = new URLSearchParams({
    limit: '500',
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
  if (provider !== '') query.set('provider_id', provider);
  for (const type of types) query.append('event_type', type);
  return `api/events?${query.toString()}`;
}

const rowKey = (row: EventRow) => `${row.kind}${row.position}`;

function Nothing({ filtered, live, time }: { filtered: boolean; live: boolean; time: string }) {
  return (
    <EmptyState
      title={filtered ? `No event matches in the ${time}` : `Nothing has happened in the ${time}`}
    >
      {live
        ? 'Every change and every call is an event; they appear here as they happen.'
        : 'A longer time is chosen at the top of the page.'}
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
