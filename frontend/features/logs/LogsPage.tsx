import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useConnection } from '../../hooks/useConnection';
import { byText } from '../../hooks/useListView';
import { useMergedLogs } from '../../hooks/useMergedLogs';
import { useUrlState } from '../../hooks/useUrlState';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { LogView } from '../../parts/logs/LogView';
import { loadFleet, useFleet } from '../../store/fleet';
import type { FleetProvider } from '../../store/reduce';
import { EmptyState } from '../../ui/EmptyState';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { mostAtOnce, startWith } from './choose';
import { ProviderChooser } from './ProviderChooser';

export function LogsPage() {
  const load = useFleet((state) => state.load);
  const byId = useFleet((state) => state.fleet.providers);
  const navigate = useNavigate();
  const count = Object.keys(byId).length;
  return (
    <>
      <PageHeader title="Logs" />
      {load.phase === 'loading' ? <Loading label="Loading logs" rows={12} rowHeight={24} /> : null}
      {load.phase === 'error' ? (
        <Failed
          title="The providers could not be loaded"
          error={load.error}
          onRetry={() => void loadFleet()}
        />
      ) : null}
      {load.phase === 'ready' && count === 0 ? (
        <EmptyState
          title="No providers yet"
          action={<Button onClick={() => void navigate({ to: '/providers' })}>Providers</Button>}
        >
          What providers write to stderr is put together here.
        </EmptyState>
      ) : null}
      {load.phase === 'ready' && count > 0 ? <Ready byId={byId} /> : null}
    </>
  );
}

function Ready({ byId }: { byId: Readonly<Record<string, FleetProvider>> }) {
  const [url, setUrl] = useUrlState();
  const all = useMemo(() => Object.keys(byId).sort(byText), [byId]);
  const asked = url.providers ?? '';
  // Which run now moves all the time; what one began to read does not.
  const beginning = useMemo(
    () => (asked === '' ? startWith(Object.values(byId)) : []),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the fleet of the moment when one came here
    [asked],
  );
  const ids = useMemo(
    () => (asked === '' ? beginning : asked.split(',').filter(Boolean)).slice(0, mostAtOnce),
    [asked, beginning],
  );
  const logs = useMergedLogs(ids);
  const connection = useConnection();
  const lines = logs.rows.length;
  return (
    <>
      {logs.failures.map(({ provider, error }) => (
        <Failed
          key={provider}
          title={`The logs of ${provider} could not be loaded`}
          error={error}
          onRetry={() => {
            logs.retry(provider);
          }}
        />
      ))}
      {lines === 0 && logs.loading.length > 0 ? (
        <Loading label="Loading logs" rows={12} rowHeight={24} />
      ) : (
        <LogView
          rows={logs.rows}
          received={logs.received}
          names={ids}
          state={connection.kind === 'live' ? plural(lines, 'line') : 'Not live'}
          what="logs"
          empty={
            ids.length === 0
              ? 'Choose the providers whose lines you want to read.'
              : 'Whatever they write to stderr appears here as it is written.'
          }
        >
          <ProviderChooser
            all={all}
            chosen={ids}
            onChange={(next) => {
              setUrl({ providers: next.join(',') }, { push: true });
            }}
          />
          <CurlButton
            requests={ids.map((id) => ({
              method: 'GET',
              path: `api/providers/${encodeURIComponent(id)}/logs?lines=1000`,
            }))}
          />
        </LogView>
      )}
    </>
  );
}
