import { useMemo } from 'react';
import type { Alert } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { levelTone, ruleOf, subjectName } from '../../parts/alerts/rules';
import { Clip } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { formatDuration, plural } from '../../ui/format';
import { RelativeTime } from '../../ui/RelativeTime';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AlertsPage.module.css';

type Props = {
  alerts: readonly Alert[];
  filtered: boolean;
  selected: string | undefined;
  onOpen: (id: string) => void;
  /** How many the server has beyond those that it gave. */
  unseen: number;
};

/** What was wrong and is right again, newest first. */
export function History({ alerts, filtered, selected, onOpen, unseen }: Props) {
  const now = useNow(10_000);
  const columns = useMemo(() => columnsOf(onOpen, now), [onOpen, now]);
  if (alerts.length === 0) {
    return (
      <EmptyState title={filtered ? 'No alert matches' : 'Nothing has been wrong'}>
        The last 1,000 alerts that are resolved stay here.
      </EmptyState>
    );
  }
  return (
    <>
      <VirtualTable
        label="Resolved alerts"
        rows={alerts}
        rowKey={(row) => row.alert_id}
        columns={columns}
        selected={selected}
        onRowClick={(row) => {
          onOpen(row.alert_id);
        }}
      />
      {unseen > 0 ? (
        <p className={classes.unseen}>{plural(unseen, 'older alert')} are kept beyond these.</p>
      ) : null}
    </>
  );
}

const columnsOf = (onOpen: (id: string) => void, now: number): Column<Alert>[] => [
  {
    key: 'level',
    title: 'Level',
    width: '104px',
    hideBelow: 600,
    cell: (row) => <ToneBadge tone={levelTone[row.level]} label={row.level} />,
  },
  {
    key: 'rule',
    title: 'What was wrong',
    width: 'minmax(140px, 1fr)',
    cell: (row) => (
      <button
        type="button"
        className={classes.open}
        onClick={() => {
          onOpen(row.alert_id);
        }}
      >
        {ruleOf(row.rule).name}
      </button>
    ),
  },
  {
    key: 'subject',
    title: 'With',
    width: 'minmax(100px, 0.8fr)',
    cell: (row) => subjectName(row.subject),
  },
  {
    key: 'message',
    title: 'In words',
    width: 'minmax(120px, 2fr)',
    hideBelow: 900,
    cell: (row) => <Clip title={row.message}>{row.message}</Clip>,
  },
  {
    key: 'lasted',
    title: 'Lasted',
    width: '104px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => lasted(row),
  },
  {
    key: 'resolved',
    title: 'Until',
    width: '96px',
    align: 'end',
    cell: (row) => <RelativeTime iso={row.resolved_at} now={now} />,
  },
];

export const lasted = ({ created_at, resolved_at }: Alert): string =>
  resolved_at === null ? '–' : formatDuration(Date.parse(resolved_at) - Date.parse(created_at));
