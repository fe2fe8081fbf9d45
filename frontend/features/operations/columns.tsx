import { Link } from '@tanstack/react-router';
import type { Operation } from '../../api/types';
import type { Order } from '../../hooks/useListView';
import { ActionButton } from '../../parts/actions/ActionButton';
import { operationActions } from '../../parts/actions/operationActions';
import { Standing } from '../../parts/operations/Standing';
import { isRunning } from '../../store/operations';
import { leftMs, usualOf } from '../../store/operationHistory';
import {
  operationTitle,
  providersOf,
  standingOf,
  standingTone,
  tookMs,
} from '../../store/operationText';
import { formatDuration, formatLeft } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { ProgressBar } from '../../ui/ProgressBar';
import { RelativeTime } from '../../ui/RelativeTime';
import { sortable } from '../../ui/SortHeader';
import type { Column } from '../../ui/VirtualTable';
import type { SortKey } from './list';
import classes from './OperationsPage.module.css';
import { shown } from '../../ui/shown';

type Context = {
  /** All that there are: what is usual is learned from them. */
  operations: readonly Operation[];
  order: Order<SortKey>;
  now: number;
  onSort: (key: SortKey) => void;
};

export function operationColumns({ operations, order, now, onSort }: Context): Column<Operation>[] {
  return [
    {
      key: 'status',
      width: 'var(--standing-width)',
      ...sortable('status', 'Status', order, onSort),
      cell: (row) => <Stands operation={row} />,
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
      key: 'about',
      title: 'About',
      width: '128px',
      hideBelow: 900,
      cell: (row) => <About operation={row} />,
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
        <span className={classes.message} data-tone={standingTone[standingOf(row)]}>
          {shown(saidBy(row))}
          <Remaining operation={row} operations={operations} now={now} />
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
      width: '88px',
      align: 'end',
      ...sortable('started', 'Started', order, onSort),
      cell: (row) => (
        <RelativeTime iso={new Date(row.started_at * 1_000).toISOString()} now={now} />
      ),
    },
    {
      key: 'actions',
      title: <span className="visually-hidden">Actions</span>,
      width: '44px',
      align: 'end',
      hideBelow: 600,
      cell: (row) =>
        operationActions(row).map((action) => (
          <ActionButton key={action.id} action={action} iconOnly />
        )),
    },
  ];
}

/** The word beside its glyph; on a phone the glyph alone, for which the word is read out. */
function Stands({ operation }: { operation: Operation }) {
  const standing = standingOf(operation);
  return (
    <>
      <span className={classes.wide}>
        <Standing operation={operation} />
      </span>
      <span
        className={classes.small}
        data-tone={standingTone[standing]}
        role="img"
        aria-label={standing}
      >
        <Glyph tone={standingTone[standing]} size={14} />
      </span>
    </>
  );
}

/** The objects that it is about: the first by name, the others by number. */
function About({ operation }: { operation: Operation }) {
  const [first] = providersOf(operation);
  const more = operation.provider_count - 1;
  if (first === undefined) return null;
  return (
    <span className={classes.about}>
      <Link to="/providers/$id" params={{ id: first }}>
        {first}
      </Link>
      {more > 0 ? <span className="muted"> +{more}</span> : null}
    </span>
  );
}

/** An end that says no more than its standing is not said twice. */
function saidBy(row: Operation): string {
  const text = row.error ?? row.message;
  return text === standingOf(row) ? '' : text;
}

type RemainingProps = { operation: Operation; operations: readonly Operation[]; now: number };

function Remaining({ operation, operations, now }: RemainingProps) {
  if (!isRunning(operation)) return null;
  const left = leftMs(operation, usualOf(operations, operation), now);
  if (left === null) return null;
  return (
    <span className={classes.left}>
      {operation.message === '' ? '' : ' · '}
      {formatLeft(left)}
    </span>
  );
}

/** A bar is for what moves; what has ended only says where it stopped, if that was short of the end. */
function Bar({ operation }: { operation: Operation }) {
  const share = Math.round(operation.progress * 100);
  if (!isRunning(operation)) {
    const short = operation.status !== 'completed' && share > 0 && share < 100;
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
