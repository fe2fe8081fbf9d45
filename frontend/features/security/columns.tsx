import { formatNumber } from '../../ui/format';
import { RelativeTime } from '../../ui/RelativeTime';
import { ToneBadge } from '../../ui/ToneBadge';
import type { Column } from '../../ui/VirtualTable';
import classes from './SecurityPage.module.css';
import { severityTone, topicOf, type Source } from './view';
import { shown } from '../../ui/shown';

type Context = { now: number; onOpen: (key: string) => void };

export const sourceColumns = ({ now, onOpen }: Context): Column<Source>[] => [
  {
    key: 'severity',
    title: 'Severity',
    width: '104px',
    cell: ({ newest }) => (
      <ToneBadge tone={severityTone[newest.severity]} label={newest.severity} />
    ),
  },
  {
    key: 'topic',
    title: 'Topic',
    width: '136px',
    hideBelow: 900,
    cell: ({ newest }) => topicOf(newest)?.name ?? newest.event_type.replaceAll('_', ' '),
  },
  {
    key: 'message',
    title: 'What happened',
    width: 'minmax(150px, 2fr)',
    cell: ({ key, newest }) => (
      <button
        type="button"
        className={classes.open}
        title={shown(newest.message)}
        onClick={() => {
          onOpen(key);
        }}
      >
        {shown(newest.message)}
      </button>
    ),
  },
  {
    key: 'who',
    title: 'Who',
    width: 'minmax(80px, 128px)',
    hideBelow: 600,
    cell: ({ newest }) =>
      newest.user_id === undefined ? <span className="muted">–</span> : shown(newest.user_id),
  },
  {
    key: 'from',
    title: 'From',
    width: '128px',
    hideBelow: 900,
    cell: ({ newest }) => <span className="num">{newest.source_ip ?? ''}</span>,
  },
  {
    key: 'times',
    title: 'Times',
    width: '64px',
    align: 'end',
    hideBelow: 600,
    cell: ({ times }) => formatNumber(times),
  },
  {
    key: 'last',
    title: 'Last',
    width: '92px',
    align: 'end',
    cell: ({ newest }) => <RelativeTime iso={newest.timestamp} now={now} />,
  },
];
