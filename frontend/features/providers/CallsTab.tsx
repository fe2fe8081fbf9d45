import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listCalls, parametersOf, type CallQuery } from '../../api/calls';
import { keys } from '../../api/keys';
import type { CallRecord } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useRange } from '../../hooks/useRange';
import { keepRange, windowOf, type Range } from '../../hooks/range';
import { useUrlState } from '../../hooks/useUrlState';
import { CallFilter } from '../../parts/calls/CallFilter';
import { callFields, outcomes, outcomeTone, outcomeWords } from '../../parts/calls/record';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { Clip } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatClock, formatDateTime, formatDuration, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import { shown, shownName } from '../../ui/shown';

const liveEveryMs = 3_000;

/** The calls of one provider in the time of the page; the Calls page has the rest of what there is to ask. */
export function CallsTab({ id }: { id: string }) {
  const [url, setUrl] = useUrlState();
  const navigate = useNavigate();
  const { range } = useRange();
  const now = useNow(60_000);
  const query = useMemo(() => queryOf(id, url, range, now), [id, url, range, now]);
  // The lower end moves on every minute; the same filter is the same list all the same.
  const name = useMemo(
    () => ({ ...query, from: range.window ? query.from : range.key }),
    [query, range],
  );
  const calls = useInfiniteQuery({
    queryKey: keys.calls({ ...name, newest: true }),
    queryFn: ({ pageParam, signal }) => listCalls(query, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next > 0 ? last.next : undefined),
    // Pages below would move away under the reader.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : liveEveryMs),
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => calls.data?.pages.flatMap((page) => page.calls) ?? [], [calls.data]);
  const filtered = query.tool !== '' || query.outcome !== '';
  const search = {
    provider: id,
    tool: query.tool,
    outcome: query.outcome,
    ...keepRange(url),
  };
  const parameters = Object.entries(parametersOf(query)).map(([k, v]): [string, string] => [
    k,
    String(v),
  ]);
  return (
    <>
      <FilterBar
        end={
          <>
            <Link to="/calls" search={search}>
              Open in Calls
            </Link>
            <CurlButton
              requests={[
                { method: 'GET', path: `api/calls?${new URLSearchParams(parameters).toString()}` },
              ]}
            />
            <ExportMenu what={`calls-${id}`} rows={rows} fields={callFields} />
          </>
        }
      >
        <CallFilter
          tool={query.tool}
          outcome={query.outcome}
          rows={rows}
          onTool={(called) => {
            setUrl({ called });
          }}
          onOutcome={(outcome) => {
            setUrl({ outcome }, { push: true });
          }}
        />
      </FilterBar>
      {calls.isPending ? <Loading label="Loading calls" rows={8} /> : null}
      {calls.error && !calls.data ? (
        <Failed
          title="The calls could not be loaded"
          error={calls.error}
          onRetry={() => void calls.refetch()}
        />
      ) : null}
      {calls.data && rows.length === 0 ? (
        filtered ? (
          <EmptyState
            title="No call matches"
            action={
              <Button
                onClick={() => {
                  setUrl({ called: '', outcome: '' });
                }}
              >
                Clear filter
              </Button>
            }
          >
            The name of a tool has to be whole.
          </EmptyState>
        ) : (
          <EmptyState title={`No calls in the ${range.window ? 'chosen time' : range.label}`}>
            Every call of one of its tools is a record: by whom, how it went, how long it took.
          </EmptyState>
        )
      ) : null}
      {rows.length > 0 ? (
        <VirtualTable
          label={`Calls of ${id}`}
          rows={rows}
          rowKey={(row) => row.call_id}
          columns={columns}
          onRowClick={(row) => void navigate(callOf(row))}
        />
      ) : null}
      {calls.hasNextPage ? (
        <div style={{ padding: '8px 20px' }}>
          <Button
            loading={calls.isFetchingNextPage}
            onClick={() => void calls.fetchNextPage()}
            title={`${plural(rows.length, 'call')} are shown`}
          >
            Older calls
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** Its own names in the address, since the page's `tool` is the one whose definition is open. */
const queryOf = (
  provider: string,
  url: Readonly<Record<string, string | undefined>>,
  range: Range,
  now: number,
): CallQuery => ({
  provider,
  tool: url.called ?? '',
  who: '',
  outcome: outcomes.find((one) => one === url.outcome) ?? '',
  batch: '',
  from: new Date(windowOf(range, now).from).toISOString(),
  to: range.window ? new Date(range.window.to).toISOString() : '',
  minMs: 0,
  maxMs: 0,
});

const callOf = (row: CallRecord) => ({
  to: '/calls',
  search: { provider: row.provider_id, sel: row.call_id },
});

const columns: Column<CallRecord>[] = [
  {
    key: 'time',
    title: 'Over at',
    width: '108px',
    cell: (row) => (
      <time className="num" dateTime={row.timestamp} title={formatDateTime(row.timestamp)}>
        {formatClock(row.timestamp)}
      </time>
    ),
  },
  {
    key: 'tool',
    title: 'Tool',
    width: 'minmax(90px, 1.4fr)',
    cell: (row) => (
      <Link {...callOf(row)} style={{ fontWeight: 500, textDecoration: 'none' }}>
        {shownName(row.tool_name)}
      </Link>
    ),
  },
  {
    key: 'who',
    title: 'Caller',
    width: 'minmax(90px, 1fr)',
    hideBelow: 600,
    cell: (row) => (
      <Clip>
        {shown(row.who.id)} <span className="muted">{row.via}</span>
      </Clip>
    ),
  },
  {
    key: 'outcome',
    title: 'Outcome',
    width: '112px',
    cell: (row) => <ToneBadge tone={outcomeTone[row.outcome]} label={outcomeWords[row.outcome]} />,
  },
  {
    key: 'error',
    title: 'What went wrong',
    width: 'minmax(120px, 2fr)',
    hideBelow: 900,
    cell: (row) => <Clip title={row.error_message}>{row.error_message}</Clip>,
  },
  {
    key: 'took',
    title: 'Took',
    width: '76px',
    align: 'end',
    cell: (row) => formatDuration(row.duration_ms),
  },
];
