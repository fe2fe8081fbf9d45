import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ProviderActivity } from '../../api/types';
import type { Order } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { providerActions } from '../../parts/actions/providerActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import type { Choice } from '../../parts/columns';
import { ProviderBadge } from '../../parts/ProviderBadge';
import { beatsOf } from '../../store/beats';
import type { FleetProvider } from '../../store/reduce';
import { BreakerSwitch } from '../../ui/BreakerSwitch';
import { formatDuration, formatNumber } from '../../ui/format';
import { Heartbeat } from '../../ui/Heartbeat';
import { RelativeTime } from '../../ui/RelativeTime';
import { sortable } from '../../ui/SortHeader';
import type { Field } from '../../ui/table';
import type { Column } from '../../ui/VirtualTable';
import type { Beside, SortKey } from './list';
import { MarkAllBox, MarkBox } from './MarkBox';
import type { Header } from './selection';
import classes from './ProvidersPage.module.css';
import { shown } from '../../ui/shown';

/** What can be shown besides the marks, the name and the actions; in the order of the list. */
export const columnChoices: readonly Choice[] = [
  { key: 'state', label: 'State', usual: true },
  { key: 'beat', label: 'Last hour', usual: true },
  { key: 'group', label: 'Groups', usual: true },
  { key: 'mode', label: 'Mode', usual: false },
  { key: 'source', label: 'Source', usual: false },
  { key: 'protocol', label: 'Protocol', usual: false },
  { key: 'health', label: 'Health', usual: true },
  { key: 'breaker', label: 'Breaker', usual: false },
  { key: 'tools', label: 'Tools', usual: true },
  { key: 'rate', label: 'Calls/min', usual: true },
  { key: 'errors', label: 'Errors', usual: true },
  { key: 'p95', label: 'p95', usual: true },
  { key: 'in_flight', label: 'In flight', usual: false },
  { key: 'starts', label: 'Starts in the hour', usual: false },
  { key: 'calls', label: 'Calls', usual: false },
  { key: 'failures', label: 'Failures', usual: false },
  { key: 'last_call', label: 'Last call', usual: true },
];

type Context = {
  beside: Beside;
  /** The beginning of a minute of the strips, for people. */
  clock: (minute: number) => string;
  chosen: readonly string[];
  order: Order<SortKey>;
  now: number;
  onSort: (key: SortKey) => void;
  header: Header;
  isMarked: (id: string) => boolean;
  onMark: (id: string, ranged: boolean) => void;
  onMarkAll: () => void;
};

const always = ['mark', 'name', 'actions'];

export const providerColumns = (context: Context): Column<FleetProvider>[] =>
  allColumns(context).filter(({ key }) => always.includes(key) || context.chosen.includes(key));

function allColumns(context: Context): Column<FleetProvider>[] {
  const { order, now, onSort, header, isMarked, onMark, onMarkAll } = context;
  const { activity, groups } = context.beside;
  const figure = (
    key: SortKey,
    title: string,
    width: string,
    show: (known: ProviderActivity) => ReactNode,
  ): Column<FleetProvider> => ({
    key,
    width,
    align: 'end',
    hideBelow: 900,
    ...sortable(key, title, order, onSort),
    cell: ({ provider }) => {
      const known = activity.get(provider);
      return known ? show(known) : nothingKnown;
    },
  });
  return [
    {
      key: 'mark',
      title: <MarkAllBox state={header} onToggle={onMarkAll} />,
      width: '32px',
      cell: ({ provider: id }) => (
        <MarkBox
          id={id}
          marked={isMarked(id)}
          onMark={(ranged) => {
            onMark(id, ranged);
          }}
        />
      ),
    },
    {
      key: 'state',
      width: '124px',
      ...sortable('state', 'State', order, onSort),
      cell: (row) => <ProviderBadge state={row.state} stopping={row.stopping} />,
    },
    {
      key: 'name',
      width: 'minmax(96px, 1fr)',
      ...sortable('name', 'Name', order, onSort),
      cell: (row) => (
        <Link
          to="/providers/$id"
          params={{ id: row.provider }}
          className={classes.name}
          title={shown(row.description || row.provider)}
        >
          {row.provider}
        </Link>
      ),
    },
    {
      key: 'beat',
      title: 'Last hour',
      width: '196px',
      hideBelow: 600,
      cell: ({ provider }) => {
        const known = activity.get(provider);
        return known ? <Heartbeat beats={beatsOf(known)} clock={context.clock} /> : null;
      },
    },
    {
      key: 'group',
      width: '112px',
      hideBelow: 1200,
      ...sortable('group', 'Group', order, onSort),
      cell: ({ provider }) => {
        const of = (groups.get(provider) ?? []).map(shown).join(', ');
        return (
          <span className="muted" title={of}>
            {of}
          </span>
        );
      },
    },
    {
      key: 'mode',
      width: '96px',
      hideBelow: 900,
      ...sortable('mode', 'Mode', order, onSort),
      cell: (row) => <span className="muted">{row.mode}</span>,
    },
    {
      key: 'source',
      width: '92px',
      hideBelow: 900,
      ...sortable('source', 'Source', order, onSort),
      cell: (row) => <span className="muted">{row.source}</span>,
    },
    {
      key: 'protocol',
      title: 'Protocol',
      width: '104px',
      hideBelow: 900,
      cell: ({ provider }) => (
        <span className="muted">{shown(activity.get(provider)?.protocol_version ?? '')}</span>
      ),
    },
    {
      key: 'health',
      hideBelow: 600,
      title: 'Health',
      width: 'minmax(160px, 2fr)',
      cell: (row) => (
        <span className={classes.sentence} data-level={row.status.level} title={row.status.detail}>
          {row.status.summary}
        </span>
      ),
    },
    {
      key: 'breaker',
      title: 'Breaker',
      width: '124px',
      hideBelow: 900,
      cell: (row) => (
        <BreakerSwitch
          small
          state={row.circuit_state}
          label={`Circuit breaker of ${row.provider}`}
        />
      ),
    },
    {
      key: 'tools',
      hideBelow: 900,
      width: '68px',
      align: 'end',
      ...sortable('tools', 'Tools', order, onSort),
      cell: (row) => number(row.tools_count),
    },
    figure('rate', 'Calls/min', '86px', ({ calls_per_minute }) => rate(calls_per_minute)),
    figure('errors', 'Err %', '72px', ({ error_percent }) =>
      error_percent === null ? (
        nothingKnown
      ) : error_percent === 0 ? (
        number(0)
      ) : (
        <span className={classes.failed}>{percent(error_percent)}</span>
      ),
    ),
    figure('p95', 'p95', '76px', ({ p95_ms }) =>
      p95_ms === null ? nothingKnown : formatDuration(p95_ms),
    ),
    figure('in_flight', 'In flight', '84px', ({ in_flight }) => number(in_flight)),
    figure('starts', 'Starts', '76px', ({ starts }) => number(starts)),
    {
      key: 'calls',
      hideBelow: 600,
      width: '84px',
      align: 'end',
      ...sortable('calls', 'Calls', order, onSort),
      cell: (row) => number(row.calls_total),
    },
    {
      key: 'failures',
      width: '84px',
      align: 'end',
      hideBelow: 900,
      ...sortable('failures', 'Failures', order, onSort),
      cell: (row) =>
        row.calls_failed === 0 ? (
          number(0)
        ) : (
          <span className={classes.failed}>{formatNumber(row.calls_failed)}</span>
        ),
    },
    {
      key: 'last_call',
      width: '92px',
      align: 'end',
      hideBelow: 900,
      ...sortable('last_call', 'Last call', order, onSort),
      cell: (row) => <RelativeTime iso={row.last_call_at} now={now} />,
    },
    {
      key: 'actions',
      title: <span className="visually-hidden">Actions</span>,
      width: '84px',
      align: 'end',
      cell: (row) => <RowActions row={row} />,
    },
  ];
}

const number = (value: number) =>
  value === 0 ? <span className="muted">0</span> : formatNumber(value);

const nothingKnown = <span className="muted">–</span>;

/** Below ten a minute a tenth says something. */
const rate = (value: number) =>
  value === 0 ? number(0) : formatNumber(value < 10 ? value : Math.round(value));

/** Never 0 where something failed. */
const percent = (value: number) =>
  value < 0.1
    ? '< 0.1'
    : formatNumber(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

function RowActions({ row }: { row: FleetProvider }) {
  const [first, ...rest] = listActions(row);
  return (
    <span className={classes.rowActions}>
      {first ? <ActionButton action={first} iconOnly /> : null}
      <RowMenu label={`More for ${row.provider}`} actions={rest} />
    </span>
  );
}

/** In the list one edits where one stands. */
export const listActions = (row: FleetProvider) =>
  providerActions(row).map((action) =>
    action.id.startsWith('edit:')
      ? { ...action, go: { to: '.', search: { edit: row.provider } } }
      : action,
  );

/** What an export of the list holds, whatever columns are shown. */
export const providerFields = ({ activity, groups }: Beside): readonly Field<FleetProvider>[] => [
  { name: 'provider', value: (row) => row.provider },
  { name: 'state', value: (row) => row.state },
  { name: 'mode', value: (row) => row.mode },
  { name: 'source', value: (row) => row.source },
  { name: 'health', value: (row) => row.health_status },
  { name: 'summary', value: (row) => row.status.summary },
  { name: 'circuit_state', value: (row) => row.circuit_state },
  { name: 'tools', value: (row) => row.tools_count },
  { name: 'calls_total', value: (row) => row.calls_total },
  { name: 'calls_failed', value: (row) => row.calls_failed },
  { name: 'last_call_at', value: (row) => row.last_call_at },
  { name: 'groups', value: (row) => (groups.get(row.provider) ?? []).join(' ') },
  { name: 'calls_per_minute', value: (row) => activity.get(row.provider)?.calls_per_minute ?? '' },
  { name: 'error_percent', value: (row) => activity.get(row.provider)?.error_percent ?? '' },
  { name: 'p95_ms', value: (row) => activity.get(row.provider)?.p95_ms ?? '' },
  { name: 'in_flight', value: (row) => activity.get(row.provider)?.in_flight ?? '' },
  { name: 'starts_last_hour', value: (row) => activity.get(row.provider)?.starts ?? '' },
  { name: 'protocol_version', value: (row) => activity.get(row.provider)?.protocol_version ?? '' },
  { name: 'description', value: (row) => row.description },
];
