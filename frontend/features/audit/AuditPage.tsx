import { Button, NativeSelect, Switch } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { allAudit, auditParameters, listAudit, type AuditQuery } from '../../api/audit';
import { keys } from '../../api/keys';
import { useUrlState } from '../../hooks/useUrlState';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { ProviderPicker } from '../../parts/ProviderPicker';
import { WithPanel } from '../../parts/SidePanel';
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
import classes from './AuditPage.module.css';
import { auditColumns } from './columns';
import { RecordPanel } from './RecordPanel';
import {
  auditFields,
  hasFilter,
  matches,
  noFilter,
  outcomeOf,
  outcomes,
  outcomeTone,
  parseView,
  ways,
} from './view';
import { shown } from '../../ui/shown';

const perPage = 200;
const againEveryMs = 5_000;

/** Who did what to what, when, from where, by which way, and how it went. */
export function AuditPage() {
  const [url, setUrl] = useUrlState();
  const view = useMemo(() => parseView(url), [url]);
  const query: AuditQuery = {
    provider: view.provider,
    types: view.types,
    actor: view.actor,
    peopleOnly: view.peopleOnly,
  };
  const audit = useInfiniteQuery({
    queryKey: keys.audit(query),
    queryFn: ({ pageParam, signal }) => listAudit(query, pageParam, perPage, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next_before > 0 ? last.next_before : undefined),
    // Pages below would move away under a reader who has gone further back.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : againEveryMs),
  });
  const all = useMemo(() => audit.data?.pages.flatMap((page) => page.records) ?? [], [audit.data]);
  const rows = useMemo(() => all.filter((row) => matches(row, view)), [all, view]);
  const selected = all.find((row) => String(row.position) === url.sel);
  const columns = useMemo(
    () =>
      auditColumns({
        onOpen: (position) => {
          setUrl({ sel: String(position) }, { push: true });
        },
        onActor: (actor) => {
          setUrl({ actor, sel: '' }, { push: true });
        },
      }),
    [setUrl],
  );
  return (
    <>
      <PageHeader
        title="Audit"
        aside={
          audit.data
            ? `${plural(rows.length, 'record')}${audit.hasNextPage ? ' and more' : ''}`
            : null
        }
      />
      <FilterBar
        end={
          <>
            <Switch
              size="xs"
              label="Hangar's own acts"
              checked={!view.peopleOnly}
              onChange={(event) => {
                setUrl({ by: event.currentTarget.checked ? 'all' : '', sel: '' }, { push: true });
              }}
            />
            <CurlButton requests={[{ method: 'GET', path: pathOf(query) }]} />
            <ExportMenu
              what="audit"
              rows={rows}
              fields={auditFields}
              all={async () => (await allAudit(query)).filter((row) => matches(row, view))}
            />
          </>
        }
      >
        <SearchInput
          label="Who, what, where"
          width={190}
          value={view.text}
          onChange={(q) => {
            setUrl({ q });
          }}
        />
        <ProviderPicker
          value={view.provider}
          onChange={(provider) => {
            setUrl({ provider, sel: '' }, { push: true });
          }}
        />
        <NativeSelect
          aria-label="By which way"
          w={128}
          rightSection={<IconChevronDown size={15} />}
          value={view.via}
          data={[
            { value: '', label: 'Any way' },
            ...ways.map((one) => ({ value: one, label: one })),
          ]}
          onChange={(event) => {
            setUrl({ via: event.currentTarget.value }, { push: true });
          }}
        />
        <FilterChips
          label="Outcome"
          chosen={view.outcome === null ? [] : [view.outcome]}
          chips={outcomes.map((key) => ({
            key,
            label: key,
            count: all.filter((row) => outcomeOf(row) === key).length,
            mark: <Glyph tone={outcomeTone[key]} size={9} />,
          }))}
          onChange={(chosen) => {
            setUrl({ outcome: chosen.at(-1) ?? '' }, { push: true });
          }}
        />
        {(['actor', 'type', 'request'] as const).map((key) =>
          url[key] ? (
            <Button
              key={key}
              aria-label={`Take off the filter ${key}`}
              onClick={() => {
                setUrl({ [key]: '' }, { push: true });
              }}
            >
              {key === 'request' ? 'one request' : shown(url[key])} ✕
            </Button>
          ) : null,
        )}
      </FilterBar>
      <WithPanel
        panel={
          selected ? (
            <RecordPanel
              key={selected.position}
              record={selected}
              onFilter={(patch) => {
                setUrl(patch, { push: true });
              }}
              onClose={() => {
                setUrl({ sel: '' });
              }}
            />
          ) : null
        }
      >
        {audit.isPending ? <Loading label="Loading the audit" rows={12} /> : null}
        {audit.error && !audit.data ? (
          <Failed
            title="The audit could not be loaded"
            error={audit.error}
            onRetry={() => void audit.refetch()}
          />
        ) : null}
        {audit.data && rows.length === 0 ? (
          <Nothing
            filtered={hasFilter(url)}
            onClear={() => {
              setUrl(noFilter, { push: true });
            }}
          />
        ) : null}
        {rows.length > 0 ? (
          <VirtualTable
            label="Audit records"
            rows={rows}
            rowKey={(row) => String(row.position)}
            columns={columns}
            selected={url.sel}
            onRowClick={(row) => {
              setUrl({ sel: String(row.position) }, { push: true });
            }}
          />
        ) : null}
        {audit.hasNextPage ? (
          <div className={classes.more}>
            <Button loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
              Older records
            </Button>
          </div>
        ) : null}
      </WithPanel>
    </>
  );
}

function pathOf(query: AuditQuery): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(auditParameters(query))) {
    for (const one of [value].flat()) params.append(key, one);
  }
  return `api/observability/audit?${params.toString()}`;
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? (
    <EmptyState title="No record matches" action={<Button onClick={onClear}>Clear filter</Button>}>
      Of the records that are loaded; older ones may.
    </EmptyState>
  ) : (
    <EmptyState title="Nobody has done anything yet">
      Every change stands here with who made it, from where, and from what to what.
    </EmptyState>
  );
}
