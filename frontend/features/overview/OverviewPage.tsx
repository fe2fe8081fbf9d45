import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { keys } from '../../api/keys';
import { getSystem } from '../../api/system';
import { useAlerts } from '../../hooks/useAlerts';
import { useGroups } from '../../hooks/useGroups';
import { useMay } from '../../hooks/useMay';
import { useOperations } from '../../hooks/useOperations';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { Failed } from '../../parts/Failed';
import { loadFleet, useFleet } from '../../store/fleet';
import { sampleEveryMs, useRates } from '../../store/rates';
import type { FleetProvider } from '../../store/reduce';
import { formatDuration, formatNumber, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Signal } from '../../ui/Signal';
import { Sparkline } from '../../ui/Sparkline';
import { attention } from './attention';
import { Attention } from './Attention';
import { Changes } from './Changes';
import { FirstRun } from './FirstRun';
import { FleetStrip } from './FleetStrip';
import { Movers } from './Movers';
import classes from './OverviewPage.module.css';
import { useWaiting } from './useWaiting';

export function OverviewPage() {
  const load = useFleet((state) => state.load);
  const byId = useFleet((state) => state.fleet.providers);
  const providers = useMemo(() => Object.values(byId), [byId]);
  return (
    <>
      <PageHeader title="Overview" />
      <ActionFailures about="provider:" />
      <ActionFailures about="group:" />
      <ActionFailures about="alert:" />
      {load.phase === 'loading' ? <Loading label="Loading the fleet" rows={8} /> : null}
      {load.phase === 'error' ? (
        <Failed
          title="The fleet could not be loaded"
          error={load.error}
          onRetry={() => void loadFleet()}
        />
      ) : null}
      {load.phase === 'ready' && providers.length === 0 ? <FirstRun /> : null}
      {load.phase === 'ready' && providers.length > 0 ? <Ready providers={providers} /> : null}
    </>
  );
}

function Ready({ providers }: { providers: readonly FleetProvider[] }) {
  const groups = useGroups().data?.groups;
  const alerts = useAlerts({ enabled: useMay('alert:read') === true }).data?.alerts;
  const waiting = useWaiting();
  const items = useMemo(
    () => attention(providers, groups ?? [], alerts, waiting),
    [providers, groups, alerts, waiting],
  );
  return (
    <div className={classes.body} tabIndex={0} role="group" aria-label="Overview">
      <Attention items={items} total={providers.length} />
      <Signals providers={providers} />
      <section>
        <h2>
          Fleet <Link to="/providers">{plural(providers.length, 'provider')}</Link>
        </h2>
        <FleetStrip providers={providers} groups={groups ?? []} />
      </section>
      <div className={classes.halves}>
        <Movers providers={providers} />
        <Changes />
      </div>
    </div>
  );
}

/** Uptime and totals move slowly; the rates beside them come from the live picture. */
const systemEveryMs = 30_000;

function Signals({ providers }: { providers: readonly FleetProvider[] }) {
  const system = useQuery({
    queryKey: keys.system,
    queryFn: ({ signal }) => getSystem(signal),
    refetchInterval: systemEveryMs,
  });
  const rates = useRates();
  const { running } = useOperations();
  const up = providers.filter((one) => one.state === 'ready').length;
  const calls = providers.reduce((sum, one) => sum + one.calls_total, 0);
  const failures = providers.reduce((sum, one) => sum + one.calls_failed, 0);
  const last = rates.at(-1);
  const over = formatDuration(Math.max(1, rates.length) * sampleEveryMs);
  return (
    <section className={classes.signals} aria-label="Signals">
      <Signal
        name="Ready"
        value={formatNumber(up)}
        unit={`of ${formatNumber(providers.length)}`}
        note={`${plural(
          providers.reduce((sum, one) => sum + one.tools_count, 0),
          'tool',
        )} known`}
      />
      <Signal
        name="Calls"
        value={last ? rate(last.calls) : '–'}
        unit="/ s"
        note={
          <Sparkline label={`Calls a second over ${over}`} values={rates.map((one) => one.calls)} />
        }
      />
      <Signal
        name="Failed calls"
        value={last ? rate(last.failures * 60) : '–'}
        unit="/ min"
        note={
          <Sparkline
            label={`Failed calls a minute over ${over}`}
            values={rates.map((one) => one.failures * 60)}
          />
        }
      />
      <Signal
        name="Calls in all"
        value={formatNumber(calls)}
        note={
          calls === 0 ? 'none yet' : `${((1 - failures / calls) * 100).toFixed(1)} % answered well`
        }
      />
      <Signal
        name="Under way"
        value={formatNumber(running.length)}
        unit={running.length === 1 ? 'operation' : 'operations'}
        note={<Link to="/operations">all operations</Link>}
      />
      <Signal
        name="Up for"
        value={system.data ? formatDuration(Math.floor(system.data.uptime_seconds) * 1_000) : '–'}
        note={system.data ? `version ${system.data.version}` : null}
      />
    </section>
  );
}

const rate = (value: number) =>
  value >= 100 ? formatNumber(Math.round(value)) : String(Number(value.toFixed(1)));
