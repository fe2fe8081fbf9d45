import { Link } from '@tanstack/react-router';
import type { Order } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { providerActions } from '../../parts/actions/providerActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import { ProviderBadge } from '../../parts/ProviderBadge';
import type { FleetProvider } from '../../store/reduce';
import { formatNumber } from '../../ui/format';
import { RelativeTime } from '../../ui/RelativeTime';
import { sortable } from '../../ui/SortHeader';
import type { Field } from '../../ui/table';
import type { Column } from '../../ui/VirtualTable';
import type { SortKey } from './list';
import { MarkAllBox, MarkBox } from './MarkBox';
import type { Header } from './selection';
import classes from './ProvidersPage.module.css';
import { shown } from '../../ui/shown';

type Context = {
  order: Order<SortKey>;
  now: number;
  onSort: (key: SortKey) => void;
  header: Header;
  isMarked: (id: string) => boolean;
  onMark: (id: string, ranged: boolean) => void;
  onMarkAll: () => void;
};

export function providerColumns(context: Context): Column<FleetProvider>[] {
  const { order, now, onSort, header, isMarked, onMark, onMarkAll } = context;
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
      width: '128px',
      ...sortable('state', 'State', order, onSort),
      cell: (row) => <ProviderBadge state={row.state} stopping={row.stopping} />,
    },
    {
      key: 'name',
      width: 'minmax(88px, 1fr)',
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
      key: 'mode',
      title: 'Mode',
      width: '96px',
      hideBelow: 900,
      cell: (row) => <span className="muted">{row.mode}</span>,
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
      key: 'tools',
      hideBelow: 600,
      width: '72px',
      align: 'end',
      ...sortable('tools', 'Tools', order, onSort),
      cell: (row) => number(row.tools_count),
    },
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
      width: '104px',
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

/** What an export of the list holds. */
export const providerFields: readonly Field<FleetProvider>[] = [
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
  { name: 'description', value: (row) => row.description },
];
