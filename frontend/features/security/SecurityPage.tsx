import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { allSecurity, listSecurity } from '../../api/audit';
import { keys } from '../../api/keys';
import { useNow } from '../../hooks/useNow';
import { useUrlState } from '../../hooks/useUrlState';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { WithPanel } from '../../parts/SidePanel';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { formatNumber, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable } from '../../ui/VirtualTable';
import { sourceColumns } from './columns';
import classes from './SecurityPage.module.css';
import { SourcePanel } from './SourcePanel';
import {
  groupsOf,
  hasFilter,
  keptBack,
  matches,
  noFilter,
  parseView,
  securityFields,
  severities,
  severityTone,
  topicOf,
  topics,
  type Source,
} from './view';

const perPage = 500;
const againEveryMs = 5_000;

/** Who was refused what, who was locked out, what is not what it was, which addresses were kept from whom. */
export function SecurityPage() {
  const [url, setUrl] = useUrlState();
  const view = useMemo(() => parseView(url), [url]);
  const query = { severities: view.severities };
  const security = useInfiniteQuery({
    queryKey: keys.security(query),
    queryFn: ({ pageParam, signal }) => listSecurity(query, pageParam, perPage, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next_before > 0 ? last.next_before : undefined),
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : againEveryMs),
  });
  const all = useMemo(
    () => security.data?.pages.flatMap((page) => page.events) ?? [],
    [security.data],
  );
  const found = useMemo(() => all.filter((one) => matches(one, view)), [all, view]);
  const back = useMemo(() => all.filter((one) => keptBack(one, view)).length, [all, view]);
  const rows = useMemo<Source[]>(
    () =>
      view.grouped
        ? groupsOf(found)
        : found.map((one) => ({
            key: String(one.position),
            newest: one,
            oldest: one,
            times: groupsOf([one])[0]?.times ?? 1,
            events: [one],
          })),
    [found, view.grouped],
  );
  const now = useNow(10_000);
  const columns = useMemo(
    () =>
      sourceColumns({
        now,
        onOpen: (sel) => {
          setUrl({ sel }, { push: true });
        },
      }),
    [now, setUrl],
  );
  const selected = rows.find((row) => row.key === url.sel);
  return (
    <>
      <PageHeader
        title="Security"
        aside={
          security.data
            ? [
                `${plural(found.length, 'event')}${security.hasNextPage ? ' and more' : ''}`,
                ...(back > 0 ? [`${formatNumber(back)} of severity info not shown`] : []),
              ].join(', ')
            : null
        }
      />
      <FilterBar
        end={
          <>
            <SegmentedControl
              aria-label="How they are listed"
              size="xs"
              value={view.grouped ? 'grouped' : 'each'}
              data={[
                { value: 'grouped', label: 'By source' },
                { value: 'each', label: 'Each' },
              ]}
              onChange={(chosen) => {
                setUrl({ view: chosen === 'each' ? 'each' : '', sel: '' }, { push: true });
              }}
            />
            <CurlButton requests={[{ method: 'GET', path: pathOf(view.severities) }]} />
            <ExportMenu
              what="security"
              rows={found}
              fields={securityFields}
              all={async () => (await allSecurity(query)).filter((one) => matches(one, view))}
            />
          </>
        }
      >
        <SearchInput
          label="Who, where, what"
          width={190}
          value={view.text}
          onChange={(q) => {
            setUrl({ q });
          }}
        />
        <FilterChips
          label="Severity"
          chosen={view.severities}
          chips={severities.map((key) => ({
            key,
            label: key,
            count: all.filter((one) => one.severity === key).length,
            mark: <Glyph tone={severityTone[key]} size={9} />,
          }))}
          onChange={(chosen) => {
            setUrl({ severity: chosen.join(','), sel: '' }, { push: true });
          }}
        />
      </FilterBar>
      <div className={classes.topics}>
        <FilterChips
          label="Topic"
          chosen={view.topics}
          chips={topics.map(({ key, name }) => ({
            key,
            label: name,
            count: all.filter((one) => topicOf(one)?.key === key).length,
          }))}
          onChange={(chosen) => {
            setUrl({ topic: chosen.join(','), sel: '' }, { push: true });
          }}
        />
      </div>
      <WithPanel
        panel={
          selected ? (
            <SourcePanel
              key={selected.key}
              source={selected}
              onClose={() => {
                setUrl({ sel: '' });
              }}
            />
          ) : null
        }
      >
        {security.isPending ? <Loading label="Loading security events" rows={10} /> : null}
        {security.error && !security.data ? (
          <Failed
            title="The security events could not be loaded"
            error={security.error}
            onRetry={() => void security.refetch()}
          />
        ) : null}
        {security.data && rows.length === 0 ? (
          <Nothing
            filtered={hasFilter(view)}
            back={back}
            onClear={() => {
              setUrl(noFilter, { push: true });
            }}
            onInfo={() => {
              setUrl({ severity: 'info' }, { push: true });
            }}
          />
        ) : null}
        {rows.length > 0 ? (
          <VirtualTable
            label="Security events"
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            selected={url.sel}
            onRowClick={(row) => {
              setUrl({ sel: row.key }, { push: true });
            }}
          />
        ) : null}
        {security.hasNextPage ? (
          <div className={classes.more}>
            <Button
              loading={security.isFetchingNextPage}
              onClick={() => void security.fetchNextPage()}
            >
              Older events
            </Button>
          </div>
        ) : null}
      </WithPanel>
    </>
  );
}

function pathOf(chosen: readonly string[]): string {
  const params = new URLSearchParams(chosen.map((one) => ['severity', one]));
  return `api/observability/security${params.size > 0 ? `?${params.toString()}` : ''}`;
}

type NothingProps = {
  filtered: boolean;
  /** How many are there that are shown only when asked for. */
  back: number;
  onClear: () => void;
  onInfo: () => void;
};

function Nothing({ filtered, back, onClear, onInfo }: NothingProps) {
  if (filtered) {
    return (
      <EmptyState title="No event matches" action={<Button onClick={onClear}>Clear filter</Button>}>
        Of the events that are loaded; older ones may.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={back > 0 ? 'Nothing but information in what is loaded' : 'Nothing to report'}
      action={
        back > 0 ? (
          <Button onClick={onInfo}>Show {plural(back, 'event')} of severity info</Button>
        ) : null
      }
    >
      Refused calls and sign-ins, lock-outs, tools that are not what they were, addresses that a
      provider was kept from, and changes of who may do what stand here.
    </EmptyState>
  );
}
