import { Link } from '@tanstack/react-router';
import type { Operation } from '../../api/types';
import type { Order } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { operationActions } from '../../parts/actions/operationActions';
import { Standing } from '../../parts/operations/Standing';
import { isRunning } from '../../store/operations';
import { operationTitle, tookMs, typeWords } from '../../store/operationText';
import { formatDuration } from '../../ui/format';
import { ProgressBar } from '../../ui/ProgressBar';
import { RelativeTime } from '../../ui/RelativeTime';
import { sortable } from '../../ui/SortHeader';
import type { Column } from '../../ui/VirtualTable';
import type { SortKey } from './list';
import classes from './OperationsPage.module.css';
import { shown } from '../../ui/shown';

type Context = { order: Order<SortKey>; now: number; onSort: (key: SortKey) => void };

export function operationColumns({ order, now, onSort }: Context): Column<Operation>[] {
  return [
    {
      key: 'status',
      width: '128px',
      ...sortable('status', 'Status', order, onSort),
      cell: (row) => <Standing operation={row} />,
    },
    {
      key: 'what',
      width: 'minmax(140px, 1.4fr)',
      ...sortable('what', 'What', order, onSort),
      cell: (row) => (
        <Link
          to="/operations/$id"
          params={{ id: row.operation_id }}
          className={classes.name}
          title={row.operation_id}
        >
          {operationTitle(row)}
        </Link>
      ),
    },
    {
      key: 'type',
      title: 'Type',
      width: '124px',
      hideBelow: 900,
      cell: (row) => <span className="muted">{typeWords(row.operation_type)}</span>,
    },
    {
      key: 'progress',
      title: 'Progress',
      width: '148px',
      hideBelow: 600,
      cell: (row) => <Bar operation={row} />,
    },
    {
      key: 'message',
      title: 'Said last',
      width: 'minmax(120px, 2fr)',
      hideBelow: 900,
      cell: (row) => (
        <span className={classes.message} data-bad={row.error !== null || undefined}>
          {shown(row.error ?? row.message)}
        </span>
      ),
    },
    {
      key: 'by',
      title: 'Begun by',
      width: '116px',
      hideBelow: 900,
      cell: (row) => <span className="muted">{row.started_by}</span>,
    },
    {
      key: 'took',
      width: '92px',
      align: 'end',
      hideBelow: 600,
      ...sortable('took', 'Took', order, onSort),
      cell: (row) => formatDuration(tookMs(row, now)),
    },
    {
      key: 'started',
      width: '104px',
      align: 'end',
      hideBelow: 600,
      ...sortable('started', 'Started', order, onSort),
      cell: (row) => (
        <RelativeTime iso={new Date(row.started_at * 1_000).toISOString()} now={now} />
      ),
    },
    {
      key: 'actions',
      title: <span className="visually-hidden">Actions</span>,
      width: '56px',
      align: 'end',
      cell: (row) =>
        operationActions(row).map((action) => (
          <ActionButton key={action.id} action={action} iconOnly />
        )),
    },
  ];
}

/** A bar is for what moves; what has ended only says where it stopped, if that was short of the end. */
function Bar({ operation }: { operation: Operation }) {
  const share = Math.round(operation.progress * 100);
  if (!isRunning(operation)) {
    const short = operation.status !== 'completed' && share > 0;
    return <span className="muted num">{short ? `stopped at ${share} %` : ''}</span>;
  }
  const unknown = operation.progress === 0;
  return (
    <span className={classes.progress}>
      <ProgressBar
        label={`Progress of ${operationTitle(operation)}`}
        value={unknown ? null : operation.progress}
      />
      <span className="num" aria-hidden="true">
        {unknown ? '' : `${share} %`}
      </span>
    </span>
  );
}
