import { Button, Switch } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { listCalls, parametersOf } from '../../api/calls';
import { keys } from '../../api/keys';
import { useNow } from '../../hooks/useNow';
import { useRange } from '../../hooks/useRange';
import { useUrlState } from '../../hooks/useUrlState';
import { CallFilter } from '../../parts/calls/CallFilter';
import { callFields } from '../../parts/calls/record';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { ProviderPicker } from '../../parts/ProviderPicker';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatDuration, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { VirtualTable } from '../../ui/VirtualTable';
import { CallPanel } from './CallPanel';
import classes from './CallsPage.module.css';
import { CallHeat } from './CallHeat';
import { Failures } from './Failures';
import { callColumns } from './columns';
import { failureGroups, hasFilter, heatSpan, noFilter, queryOf } from './view';

/** While it is live, what came since is asked for as often. */
const liveEveryMs = 3_000;

export function CallsPage() {
  const [url, setUrl] = useUrlState();
  const { range } = useRange();
  const [live, setLive] = useState(true);
  const now = useNow(60_000);
  const query = useMemo(() => queryOf(url, range.minutes, now), [url, range.minutes, now]);
  // The lower end moves on every minute; the same filter is the same list all the same.
  const name = useMemo(() => ({ ...query, from: url.from ?? range.key }), [query, url.from, range]);
  const calls = useInfiniteQuery({
    queryKey: keys.calls(name),
    queryFn: ({ pageParam, signal }) => listCalls(query, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next > 0 ? last.next : undefined),
    refetchInterval: live ? liveEveryMs : false,
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => calls.data?.pages.flatMap((page) => page.calls) ?? [], [calls.data]);
  const failures = useMemo(() => failureGroups(rows), [rows]);
  const columns = useMemo(
    () =>
      callColumns({
        longest: Math.max(1, ...rows.map((row) => row.duration_ms)),
        onOpen: (sel) => {
          setUrl({ sel }, { push: true });
        },
      }),
    [rows, setUrl],
  );
  const filtered = hasFilter(url);
  return (
    <>
      <PageHeader
        title="Calls"
        aside={
          calls.data
            ? `${plural(rows.length, 'call')}${calls.hasNextPage ? ' and more' : ''}`
            : null
        }
      />
      <FilterBar
        end={
          <>
            <Switch
              size="xs"
              label="Follow"
              checked={live}
              onChange={(event) => {
                setLive(event.currentTarget.checked);
              }}
            />
            <CurlButton requests={[{ method: 'GET', path: pathOf(parametersOf(query)) }]} />
            <ExportMenu what="calls" rows={rows} fields={callFields} />
          </>
        }
      >
        <ProviderPicker
          value={query.provider}
          onChange={(provider) => {
            setUrl({ provider }, { push: true });
          }}
        />
        <CallFilter
          tool={query.tool}
          outcome={query.outcome}
          rows={rows}
          onTool={(tool) => {
            setUrl({ tool });
          }}
          onOutcome={(outcome) => {
            setUrl({ outcome }, { push: true });
          }}
        />
        {url.min !== undefined ||
        url.from !== undefined ||
        query.batch !== '' ||
        query.who !== '' ? (
          <Button
            onClick={() => {
              setUrl({ from: '', to: '', min: '', max: '', batch: '', who: '' });
            }}
          >
            {chosenText(query)} ✕
          </Button>
        ) : null}
      </FilterBar>
      <CallHeat
        span={heatSpan(url, range)}
        provider={query.provider}
        live={live}
        onPick={(cell) => {
          setUrl(
            {
              from: new Date(cell.from).toISOString(),
              to: new Date(cell.to).toISOString(),
              min: cell.minMs === 0 ? '' : String(cell.minMs),
              max: cell.maxMs === null ? '' : String(cell.maxMs),
            },
            { push: true },
          );
        }}
      />
      <Failures
        groups={failures}
        now={now}
        onPick={({ provider, tool, outcome }) => {
          setUrl({ provider, tool, outcome }, { push: true });
        }}
      />
      <div className={classes.body}>
        <div className={classes.list}>
          {calls.isPending ? <Loading label="Loading calls" rows={10} /> : null}
          {calls.error && !calls.data ? (
            <Failed
              title="The calls could not be loaded"
              error={calls.error}
              onRetry={() => void calls.refetch()}
            />
          ) : null}
          {calls.data && rows.length === 0 ? (
            <Nothing
              filtered={filtered}
              onClear={() => {
                setUrl(noFilter);
              }}
            />
          ) : null}
          {rows.length > 0 ? (
            <VirtualTable
              label="Calls"
              rows={rows}
              rowKey={(row) => row.call_id}
              columns={columns}
              selected={url.sel}
              onRowClick={(row) => {
                setUrl({ sel: row.call_id }, { push: true });
              }}
            />
          ) : null}
          {calls.hasNextPage ? (
            <div className={classes.more}>
              <Button
                loading={calls.isFetchingNextPage}
                onClick={() => {
                  setLive(false); // pages below would move away under the reader
                  void calls.fetchNextPage();
                }}
              >
                Older calls
              </Button>
            </div>
          ) : null}
        </div>
        {url.sel ? (
          <CallPanel
            key={url.sel}
            id={url.sel}
            known={rows.find((row) => row.call_id === url.sel)}
            onClose={() => {
              setUrl({ sel: '' });
            }}
          />
        ) : null}
      </div>
    </>
  );
}

function chosenText(query: ReturnType<typeof queryOf>): string {
  if (query.batch !== '') return 'one batch';
  if (query.who !== '') return `by ${query.who}`;
  const { minMs, maxMs } = query;
  if (maxMs === 0) return minMs === 0 ? 'a part of the time' : `over ${formatDuration(minMs)}`;
  return `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
}

function pathOf(parameters: Record<string, string | number>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) params.set(key, String(value));
  return `api/calls?${params.toString()}`;
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? (
    <EmptyState title="No call matches" action={<Button onClick={onClear}>Clear filter</Button>}>
      Names of tools and callers have to be whole.
    </EmptyState>
  ) : (
    <EmptyState title="No calls in this time">
      Every call of a tool is a record: who called what, how it went, and where its time went. What
      was said and answered is not kept.
    </EmptyState>
  );
}
