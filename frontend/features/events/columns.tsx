import { Link } from '@tanstack/react-router';
import type { EventRow } from '../../hooks/useEventStream';
import { eventText } from '../../store/eventText';
import { formatClock } from '../../ui/format';
import { ToneText } from '../../ui/ToneText';
import type { Column } from '../../ui/VirtualTable';
import classes from './EventsPage.module.css';
import { shown } from '../../ui/shown';

type Context = { onSelect: (position: number) => void; selected: number | null };

export function eventColumns({ onSelect, selected }: Context): Column<EventRow>[] {
  return [
    {
      key: 'time',
      title: 'Time',
      width: '108px',
      cell: (row) =>
        row.kind === 'item' ? (
          <span className="mono">{formatClock(row.value.timestamp)}</span>
        ) : null,
    },
    {
      key: 'type',
      title: 'Event',
      width: 'minmax(104px, 208px)',
      cell: (row) =>
        row.kind === 'item' ? (
          <button
            type="button"
            className={classes.type}
            aria-expanded={selected === row.position}
            onClick={() => {
              onSelect(row.position);
            }}
          >
            {shown(row.value.event_type)}
          </button>
        ) : (
          <span className={classes.gap}>Gap</span>
        ),
    },
    {
      key: 'provider',
      hideBelow: 600,
      title: 'Provider',
      width: '148px',
      cell: (row) =>
        row.kind === 'item' && row.value.provider_id ? (
          <Link
            to="/providers/$id"
            params={{ id: row.value.provider_id }}
            className={classes.provider}
          >
            {shown(row.value.provider_id)}
          </Link>
        ) : null,
    },
    {
      key: 'text',
      title: 'What happened',
      width: 'minmax(110px, 1fr)',
      cell: (row) =>
        row.kind === 'item' ? (
          <ToneText {...eventText(row.value)} />
        ) : (
          <ToneText
            tone="warn"
            text={`${row.gap.dropped ?? 'Some'} events were dropped here: they came faster than this page read them`}
          />
        ),
    },
    {
      key: 'position',
      title: 'Position',
      width: '88px',
      align: 'end',
      hideBelow: 900,
      cell: (row) => <span className="muted">{row.position}</span>,
    },
  ];
}
