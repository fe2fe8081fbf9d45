import { Link } from '@tanstack/react-router';
import type { AuditRecord } from '../../api/types';
import { formatClock, formatDateTime } from '../../ui/format';
import { shown } from '../../ui/shown';
import { ToneText } from '../../ui/ToneText';
import type { Column } from '../../ui/VirtualTable';
import classes from './AuditPage.module.css';
import { outcomeOf, outcomeTone, sentence, targetOf } from './view';

type Context = { onOpen: (position: number) => void; onActor: (actor: string) => void };

export const auditColumns = ({ onOpen, onActor }: Context): Column<AuditRecord>[] => [
  {
    key: 'time',
    title: 'When',
    width: '128px',
    cell: (row) => (
      <time
        dateTime={row.recorded_at}
        title={formatDateTime(row.recorded_at)}
        className="num muted"
      >
        {dayOf(row.recorded_at)} {formatClock(row.recorded_at).slice(0, 8)}
      </time>
    ),
  },
  {
    key: 'actor',
    title: 'Who',
    width: 'minmax(88px, 128px)',
    cell: (row) => (
      <button
        type="button"
        className={classes.actor}
        data-system={row.actor.type === 'system' || undefined}
        title={shown(`${row.actor.type} ${row.actor.id}: only their acts`)}
        onClick={() => {
          onActor(row.actor.id);
        }}
      >
        {shown(row.actor.id)}
      </button>
    ),
  },
  {
    key: 'what',
    title: 'Did what',
    width: 'minmax(140px, 2fr)',
    cell: (row) => (
      <button
        type="button"
        className={classes.what}
        onClick={() => {
          onOpen(row.position);
        }}
      >
        {outcomeOf(row) === 'done' ? (
          shown(sentence(row))
        ) : (
          <ToneText tone={outcomeTone[outcomeOf(row)]} text={shown(sentence(row))} />
        )}
      </button>
    ),
  },
  {
    key: 'target',
    title: 'To what',
    width: 'minmax(110px, 1fr)',
    hideBelow: 600,
    cell: (row) => {
      const { name, to } = targetOf(row);
      return to ? (
        <Link {...to} className={classes.target}>
          {shown(name)}
        </Link>
      ) : (
        shown(name)
      );
    },
  },
  {
    key: 'via',
    title: 'By',
    width: '64px',
    hideBelow: 900,
    cell: (row) => row.origin.via ?? <span className="muted">–</span>,
  },
  {
    key: 'address',
    title: 'From',
    width: '128px',
    hideBelow: 900,
    cell: (row) => <span className="num">{row.origin.address ?? ''}</span>,
  },
  {
    key: 'outcome',
    title: 'Outcome',
    width: '84px',
    hideBelow: 600,
    cell: (row) => (
      <span className={classes.outcome} data-outcome={outcomeOf(row)}>
        {outcomeOf(row)}
      </span>
    ),
  },
];

const days = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });

const dayOf = (iso: string) => days.format(new Date(iso));
