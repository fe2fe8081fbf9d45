import { ActionIcon } from '@mantine/core';
import {
  IconArrowNarrowDown,
  IconArrowNarrowUp,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconTrash,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { FleetProvider } from '../../store/reduce';
import { formatNumber } from '../../ui/format';
import { RelativeTime } from '../../ui/RelativeTime';
import type { Column } from '../../ui/VirtualTable';
import type { ListView, SortKey } from './list';
import classes from './ProvidersPage.module.css';
import { ProviderBadge } from './ProviderBadge';

type Context = {
  view: ListView;
  now: number;
  pending: ReadonlySet<string>;
  onSort: (key: SortKey) => void;
  onStart: (id: string) => void;
  onStop: (id: string) => void;
  onEdit: (id: string) => void;
  onDelete: (id: string) => void;
};

export function providerColumns(context: Context): Column<FleetProvider>[] {
  const { view, now } = context;
  const sortable = (key: SortKey, title: string) => ({
    title: (
      <button
        type="button"
        className={classes.sort}
        onClick={() => {
          context.onSort(key);
        }}
      >
        {title}
        {view.sort !== key ? null : view.descending ? (
          <IconArrowNarrowDown size={14} />
        ) : (
          <IconArrowNarrowUp size={14} />
        )}
      </button>
    ),
    sort:
      view.sort !== key
        ? ('none' as const)
        : view.descending
          ? ('descending' as const)
          : ('ascending' as const),
  });
  return [
    {
      key: 'state',
      width: '128px',
      ...sortable('state', 'State'),
      cell: (row) => <ProviderBadge state={row.state} stopping={row.stopping} />,
    },
    {
      key: 'name',
      width: 'minmax(120px, 1fr)',
      ...sortable('name', 'Name'),
      cell: (row) => (
        <Link
          to="/providers/$id"
          params={{ id: row.provider }}
          className={classes.name}
          title={row.description || row.provider}
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
      title: 'Tools',
      width: '64px',
      align: 'end',
      cell: (row) => number(row.tools_count),
    },
    {
      key: 'calls',
      hideBelow: 600,
      width: '84px',
      align: 'end',
      ...sortable('calls', 'Calls'),
      cell: (row) => number(row.calls_total),
    },
    {
      key: 'failures',
      width: '84px',
      align: 'end',
      hideBelow: 900,
      ...sortable('failures', 'Failures'),
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
      ...sortable('last_call', 'Last call'),
      cell: (row) => <RelativeTime iso={row.last_call_at} now={now} />,
    },
    {
      key: 'actions',
      title: <span className="visually-hidden">Actions</span>,
      width: '116px',
      align: 'end',
      cell: (row) => <RowActions row={row} context={context} />,
    },
  ];
}

const number = (value: number) =>
  value === 0 ? <span className="muted">0</span> : formatNumber(value);

function RowActions({ row, context }: { row: FleetProvider; context: Context }) {
  const id = row.provider;
  const running = row.alive || row.state === 'initializing';
  const busy = context.pending.has(id);
  return (
    <span className={classes.rowActions}>
      {running ? (
        <ActionIcon
          aria-label={`Stop ${id}`}
          title="Stop"
          disabled={row.stopping || (busy && row.state !== 'initializing')}
          onClick={() => {
            context.onStop(id);
          }}
        >
          <IconPlayerStop size={16} />
        </ActionIcon>
      ) : (
        <ActionIcon
          aria-label={`Start ${id}`}
          title="Start"
          disabled={busy}
          onClick={() => {
            context.onStart(id);
          }}
        >
          <IconPlayerPlay size={16} />
        </ActionIcon>
      )}
      <ActionIcon
        aria-label={`Edit ${id}`}
        title="Edit"
        onClick={() => {
          context.onEdit(id);
        }}
      >
        <IconPencil size={16} />
      </ActionIcon>
      <ActionIcon
        aria-label={`Delete ${id}`}
        title="Delete"
        onClick={() => {
          context.onDelete(id);
        }}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </span>
  );
}
