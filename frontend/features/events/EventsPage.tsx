import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { toApiError, type ApiError } from '../../api/errors';
import { eventQuery, listEvents } from '../../api/events';
import { keys } from '../../api/keys';
import { useEventStream, type EventRow } from '../../hooks/useEventStream';
import { useRange } from '../../hooks/useRange';
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
import {
  breakdown,
  eventFields,
  parseEventView,
  pastRows,
  selectEvents,
  type EventView,
} from './view';

/** What is shown while the tail is held: the rows of that moment. */
type Held = { rows: EventRow[]; received: number; because: 'button' | 'scroll' };

export function EventsPage() {
  const [url] = useUrlState();
  const { range } = useRange();
  const view = useMemo(() => parseEventView(url), [url]);
  // A new filter is a new stream: pause and scroll position belong to the old one.
  return range.window ? (
    <Past view={view} window={range.window} />
  ) : (
    <Tail key={`${view.provider}|${view.types.join()}`} view={view} />
  );
}

/** What happens now, and what happened just before. */
function Tail({ view }: { view: EventView }) {
  const stream = useEventStream({ providerFilter: view.provider, typeFilter: view.types });
  const [held, setHeld] = useState<Held | null>(null);
  const [top, setTop] = useState(0);
  const waiting = held ? stream.received - held.received : 0;

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
  return (
    <Events
      view={view}
      all={stream.rows}
      inSight={held?.rows ?? stream.rows}
      isLoading={stream.isLoading}
      error={stream.error}
      onRetry={stream.retry}
      query={eventQuery({ providerId: view.provider, eventTypes: view.types }, 500)}
      end={
        held ? (
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
        )
      }
      nothing={{
        title: 'Nothing has happened yet',
        text: 'Every change and every call is an event; they appear here as they happen.',
      }}
      onScrolled={onScrolled}
      topSignal={top}
    />
  );
}

const pageOfPast = 500;

/** What happened between two moments: from the log, a page at a time. */
function Past({ view, window }: { view: EventView; window: { from: number; to: number } }) {
  const filter = { providerId: view.provider, eventTypes: view.types, ...window };
  const pages = useInfiniteQuery({
    queryKey: keys.pastEvents(filter),
    queryFn: ({ pageParam, signal }) =>
      listEvents({ ...filter, before: pageParam }, pageOfPast, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ events }) =>
      events.length === pageOfPast ? events[0]?.position : undefined,
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => pastRows(pages.data?.pages ?? []), [pages.data]);
  return (
    <Events
      view={view}
      all={rows}
      inSight={rows}
      isLoading={pages.isPending}
      error={pages.error && !pages.data ? toApiError(pages.error) : null}
      onRetry={() => void pages.refetch()}
      query={eventQuery(filter, pageOfPast)}
      end={null}
      nothing={{
        title: 'Nothing happened then',
        text: 'The log holds no event of this time: it was quiet, or what was is no longer kept.',
      }}
      footer={
        pages.hasNextPage ? (
          <div className={classes.more}>
            <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              Earlier events
            </Button>
          </div>
        ) : null
      }
    />
  );
}

type EventsProps = {
  view: EventView;
  /** Oldest first, all that is known; and those of them that are to be seen. */
  all: readonly EventRow[];
  inSight: readonly EventRow[];
  isLoading: boolean;
  error: ApiError | null;
  onRetry: () => void;
  query: ReturnType<typeof eventQuery>;
  end: ReactNode;
  /** What an empty list says. */
  nothing: { title: string; text: string };
  footer?: ReactNode;
  onScrolled?: (away: boolean) => void;
  topSignal?: number;
};

function Events({ view, all, inSight, ...props }: EventsProps) {
  const [, setUrl] = useUrlState();
  const rows = useMemo(() => selectEvents(inSight, view.text).toReversed(), [inSight, view.text]);
  const events = useMemo(
    () => rows.flatMap((row) => (row.kind === 'item' ? [row.value] : [])),
    [rows],
  );
  const bars = useMemo(() => breakdown(all, view.types), [all, view.types]);
  const filtered = view.types.length > 0 || view.provider !== '' || view.text !== '';
  const selected = rows.find((row) => row.kind === 'item' && row.position === view.selected);
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
    },
    [setUrl],
  );
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
          <CurlButton requests={[{ method: 'GET', path: pathOf(props.query) }]} />
          <ExportMenu what="events" rows={events} fields={eventFields} />
          {props.end}
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
          {props.isLoading ? <Loading label="Loading events" rows={12} rowHeight={32} /> : null}
          {props.error ? (
            <ErrorPanel
              title="The events could not be loaded"
              message={props.error.message}
              code={props.error.type}
              requestId={props.error.requestId}
              onRetry={props.onRetry}
            />
          ) : null}
          {!props.isLoading && !props.error && rows.length === 0 ? (
            <Nothing filtered={filtered} title={props.nothing.title}>
              {props.nothing.text}
            </Nothing>
          ) : null}
          {rows.length > 0 ? (
            <VirtualTable
              label="Events"
              rows={rows}
              rowKey={rowKey}
              columns={columns}
              rowHeight={32}
              selected={selected ? rowKey(selected) : undefined}
              {...(props.onScrolled ? { onScrolled: props.onScrolled } : {})}
              topSignal={props.topSignal ?? 0}
              onRowClick={(row) => {
                if (row.kind === 'item') onSelect(row.position);
              }}
            />
          ) : null}
          {props.footer}
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

function pathOf(query: ReturnType<typeof eventQuery>): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) text.append(name, String(one));
  }
  return `api/events?${text.toString()}`;
}

const rowKey = (row: EventRow) => `${row.kind}${row.position}`;

type NothingProps = { filtered: boolean; title: string; children: string };

function Nothing({ filtered, title, children }: NothingProps) {
  return filtered ? (
    <EmptyState title="No event matches">
      Events that match the filter appear here as they happen.
    </EmptyState>
  ) : (
    <EmptyState title={title}>{children}</EmptyState>
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
