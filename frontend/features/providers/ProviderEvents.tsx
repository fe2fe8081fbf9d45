import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useEventStream, type EventRow } from '../../hooks/useEventStream';
import { eventText } from '../../store/eventText';
import { EmptyState } from '../../ui/EmptyState';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { formatClock } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { ToneText } from '../../ui/ToneText';
import { VirtualTable, type Column } from '../../ui/VirtualTable';

type Props = { id: string };

/** What happened to this provider, newest first. */
export function ProviderEvents({ id }: Props) {
  const { rows, isLoading, error, retry } = useEventStream({ providerFilter: id });
  const newestFirst = useMemo(() => rows.toReversed(), [rows]);
  if (isLoading) return <Loading label="Loading events" />;
  if (error) {
    return (
      <ErrorPanel
        title="The events could not be loaded"
        message={error.message}
        code={error.type}
        requestId={error.requestId}
        onRetry={retry}
      />
    );
  }
  if (rows.length === 0) {
    return (
      <EmptyState title="Nothing has happened yet">
        Starts, stops, calls and health checks of {id} appear here as they happen.
      </EmptyState>
    );
  }
  return (
    <VirtualTable
      label={`Events of ${id}`}
      rows={newestFirst}
      rowKey={(row) => `${row.kind}${row.position}`}
      columns={columns}
      rowHeight={32}
    />
  );
}

const columns: Column<EventRow>[] = [
  {
    key: 'time',
    title: 'Time',
    width: '116px',
    cell: (row) =>
      row.kind === 'item' ? <span className="mono">{formatClock(row.value.timestamp)}</span> : null,
  },
  {
    key: 'type',
    title: 'Event',
    width: '208px',
    cell: (row) =>
      row.kind === 'item' ? (
        <Link
          to="/events"
          search={{ type: row.value.event_type, provider: row.value.provider_id ?? '' }}
          style={{ textDecoration: 'none' }}
        >
          {row.value.event_type}
        </Link>
      ) : (
        'Gap'
      ),
  },
  {
    key: 'text',
    title: 'What happened',
    width: 'minmax(200px, 1fr)',
    cell: (row) =>
      row.kind === 'item' ? (
        <ToneText {...eventText(row.value)} />
      ) : (
        <ToneText
          tone="warn"
          text={`${row.gap.dropped ?? 'Some'} events were dropped here: this page was too slow`}
        />
      ),
  },
];
