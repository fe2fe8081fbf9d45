import { useMemo } from 'react';
import { useProviderLogs } from '../../../hooks/useProviderLogs';
import { LogView } from '../../../parts/logs/LogView';
import { ErrorPanel } from '../../../ui/ErrorPanel';
import { plural } from '../../../ui/format';
import { Loading } from '../../../ui/Loading';

type Props = { id: string };

export function LogsTab({ id }: Props) {
  const live = useProviderLogs(id);
  const rows = useMemo(
    () => live.rows.map((row) => ({ key: `${row.kind}${row.position}`, provider: id, row })),
    [live.rows, id],
  );
  const names = useMemo(() => [id], [id]);
  if (live.isLoading) return <Loading label="Loading logs" rows={12} rowHeight={24} />;
  if (live.error) {
    return (
      <ErrorPanel
        title="The logs could not be loaded"
        message={live.error.message}
        code={live.error.type}
        requestId={live.error.requestId}
        onRetry={live.retry}
      />
    );
  }
  return (
    <LogView
      rows={rows}
      received={live.received}
      names={names}
      state={live.isConnected ? plural(live.logs.length, 'line') : 'Not live'}
      what={id}
      empty={`Whatever ${id} writes to stderr appears here as it is written.`}
    />
  );
}
