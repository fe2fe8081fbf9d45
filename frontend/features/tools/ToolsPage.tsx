import { Button, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconFlask2 } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { FleetTool } from '../../api/types';
import { useFleetTools } from '../../hooks/useFleetTools';
import { byText, useListView } from '../../hooks/useListView';
import { kindOfTool, kinds } from '../../parts/calls/hints';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { useFleet } from '../../store/fleet';
import type { FleetProvider } from '../../store/reduce';
import { stateTone } from '../../store/states';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { formatBytes, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { sortable, type Order } from '../../ui/SortHeader';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import { selectTools, sortKeys, toolFields, toolKey, type SortKey } from './list';
import classes from './ToolsPage.module.css';
import { shown, shownName } from '../../ui/shown';

export function ToolsPage() {
  const query = useFleetTools();
  const tools = query.data?.tools;
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title="Tools" aside={tools ? plural(tools.length, 'tool') : null} />
      {query.isPending ? <Loading label="Loading tools" rows={12} /> : null}
      {query.error && !tools ? (
        <Failed
          title="The tools could not be loaded"
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : null}
      {tools?.length === 0 ? (
        <EmptyState
          title="No tools are known yet"
          action={
            <Button onClick={() => void navigate({ to: '/providers' })}>All providers</Button>
          }
        >
          A provider tells its tools when it is started for the first time. From then on they stand
          here, also while it does not run.
        </EmptyState>
      ) : null}
      {tools && tools.length > 0 ? <List tools={tools} /> : null}
    </>
  );
}

function List({ tools }: { tools: readonly FleetTool[] }) {
  const { url, setUrl, text, order, onSort, onText } = useListView(sortKeys);
  const navigate = useNavigate();
  const fleet = useFleet((state) => state.fleet.providers);
  const chosen = useMemo(() => (url.kind ?? '').split(',').filter(Boolean), [url.kind]);
  const provider = url.provider ?? '';
  const owners = useMemo(
    () => [...new Set(tools.map((one) => one.provider_id))].sort(byText),
    [tools],
  );
  const rows = useMemo(
    () => selectTools(tools, { text, provider, kinds: chosen, order }),
    [tools, text, provider, chosen, order],
  );
  const columns = useMemo(() => columnsOf({ order, onSort, fleet }), [order, onSort, fleet]);
  const bytes = rows.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <>
      <FilterBar
        end={
          <>
            <span className="muted num" title="What a model has to read to know these tools">
              {plural(rows.length, 'tool')}, {formatBytes(bytes)}
            </span>
            <CurlButton requests={[{ method: 'GET', path: 'api/tools' }]} />
            <ExportMenu what="tools" rows={rows} fields={toolFields} />
          </>
        }
      >
        <SearchInput label="Filter tools" value={text} onChange={onText} />
        <NativeSelect
          aria-label="Provider"
          rightSection={<IconChevronDown size={15} />}
          value={provider}
          data={[
            { value: '', label: 'All providers' },
            ...(provider === '' || owners.includes(provider) ? owners : [...owners, provider]),
          ]}
          onChange={(event) => {
            setUrl({ provider: event.currentTarget.value }, { push: true });
          }}
        />
        <FilterChips
          label="Kind"
          chosen={chosen}
          chips={kinds.map((kind) => ({
            key: kind,
            label: kind,
            count: tools.filter((one) => kindOfTool(one) === kind).length,
          }))}
          onChange={(kind) => {
            setUrl({ kind: kind.join(',') }, { push: true });
          }}
        />
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState
          title="No tool matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', provider: '', kind: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          {plural(tools.length, 'tool')} outside of this filter.
        </EmptyState>
      ) : (
        <VirtualTable
          label="Tools"
          rows={rows}
          rowKey={toolKey}
          columns={columns}
          onRowClick={(row) => void navigate(playground(row))}
        />
      )}
    </>
  );
}

const playground = (tool: FleetTool) => ({
  to: '/playground',
  search: { provider: tool.provider_id, tool: tool.name },
});

type Context = {
  order: Order<SortKey>;
  onSort: (key: SortKey) => void;
  fleet: Readonly<Record<string, FleetProvider>>;
};

const columnsOf = ({ order, onSort, fleet }: Context): Column<FleetTool>[] => [
  {
    key: 'tool',
    width: 'minmax(150px, 1fr)',
    ...sortable('tool', 'Tool', order, onSort),
    cell: (row) => (
      <Link {...playground(row)} className={classes.name} title="Open in the playground">
        {shownName(row.name)}
      </Link>
    ),
  },
  {
    key: 'provider',
    width: 'minmax(110px, 180px)',
    ...sortable('provider', 'Provider', order, onSort),
    cell: (row) => <Owner id={row.provider_id} provider={fleet[row.provider_id]} tool={row.name} />,
  },
  {
    key: 'kind',
    width: '112px',
    hideBelow: 600,
    ...sortable('kind', 'Kind', order, onSort),
    cell: (row) => <Kind tool={row} />,
  },
  {
    key: 'description',
    title: 'What it does',
    width: 'minmax(160px, 2.4fr)',
    hideBelow: 600,
    cell: (row) => (
      <span className={classes.text} title={shown(row.description)}>
        {shown(row.description)}
      </span>
    ),
  },
  {
    key: 'size',
    width: '92px',
    align: 'end',
    hideBelow: 900,
    ...sortable('size', 'Definition', order, onSort),
    cell: (row) => formatBytes(row.bytes),
  },
  {
    key: 'try',
    title: <span className="visually-hidden">Try</span>,
    width: '56px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => (
      <Link
        {...playground(row)}
        className={classes.try}
        aria-label={`Try ${shownName(row.name)}`}
        title="Try"
      >
        <IconFlask2 size={16} />
      </Link>
    ),
  },
];

type OwnerProps = { id: string; provider: FleetProvider | undefined; tool: string };

function Owner({ id, provider, tool }: OwnerProps) {
  const tone = provider ? stateTone[provider.state] : 'idle';
  return (
    <Link
      to="/providers/$id"
      params={{ id }}
      search={{ tab: 'tools', tool }}
      className={classes.owner}
      title={provider?.status.summary ?? id}
    >
      <span className={classes.mark} data-tone={tone}>
        <Glyph tone={tone} size={9} />
      </span>
      {id}
    </Link>
  );
}

function Kind({ tool }: { tool: FleetTool }) {
  const kind = kindOfTool(tool);
  return (
    <span className={classes.kind} data-kind={kind}>
      {kind === 'unsaid' ? '–' : kind}
    </span>
  );
}
