import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { urlOf } from '../../api/client';
import { getConfig } from '../../api/config';
import { keys } from '../../api/keys';
import { getLogLevel, getSystem } from '../../api/system';
import type { LogLevel } from '../../api/types';
import { useMay } from '../../hooks/useMay';
import { changeLogLevel } from '../../parts/actions/systemActions';
import { useTrigger } from '../../parts/actions/useTrigger';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { formatDuration, formatNumber } from '../../ui/format';
import { CopyButton } from '../../ui/CopyButton';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import { Setting } from './Setting';
import classes from './SettingsPage.module.css';
import { keptBy } from './view';

const againEveryMs = 30_000;
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What the server says of itself, and what can be changed while it runs. */
export function Server() {
  const system = useQuery({
    queryKey: keys.system,
    queryFn: ({ signal }) => getSystem(signal),
    refetchInterval: againEveryMs,
  });
  if (system.isPending) return <Loading label="Loading the server's facts" rows={6} />;
  if (!system.data) {
    return (
      <Failed
        title="The server's facts could not be loaded"
        error={system.error}
        onRetry={() => void system.refetch()}
      />
    );
  }
  const { version, uptime_seconds, total_providers, total_tools, total_tool_calls } = system.data;
  return (
    <div className={classes.page}>
      <section className={classes.section}>
        <div className={classes.head}>
          <h2>Hangar {version}</h2>
          <CurlButton requests={[{ method: 'GET', path: 'api/system' }]} />
          <CopyButton text="hangar status" label="Copy as CLI" words="hangar status" />
        </div>
        <KeyValues
          items={[
            { name: 'Up for', value: formatDuration(Math.floor(uptime_seconds) * 1_000) },
            { name: 'Providers', value: formatNumber(total_providers) },
            { name: 'Tools', value: formatNumber(total_tools) },
            { name: 'Calls in all', value: formatNumber(total_tool_calls) },
          ]}
        />
        <p className={classes.links}>
          <a href={urlOf('docs')}>REST API</a>
          <a href={urlOf('docs/ws')}>WebSockets</a>
          <a href={urlOf('metrics')}>Metrics for Prometheus</a>
          <a href={urlOf('readyz?verbose')}>Is it ready</a>
          <Link to="/alerts" search={{ tab: 'rules' }}>
            What it watches
          </Link>
        </p>
      </section>
      <Level />
      <Storage />
    </div>
  );
}

function Level() {
  const trigger = useTrigger();
  const may = useMay('system:write:*') !== false;
  const level = useQuery({
    queryKey: keys.logLevel,
    queryFn: ({ signal }) => getLogLevel(signal),
  });
  if (!level.data) return null;
  const now = level.data;
  return (
    <Setting
      title="Level of the log"
      means={
        may
          ? 'Holds until the next restart; logging.level holds for good.'
          : 'To change it takes the permission system:write.'
      }
    >
      <SegmentedControl
        aria-label="Level of the log"
        disabled={!may}
        value={now}
        data={levels.map((one) => ({ value: one, label: one }))}
        onChange={(chosen) => {
          trigger(changeLogLevel(now, chosen));
        }}
      />
      <CurlButton
        requests={[{ method: 'PUT', path: 'api/system/log-level', body: { level: now } }]}
      />
    </Setting>
  );
}

function Storage() {
  const may = useMay('config:read') === true;
  const config = useQuery({
    queryKey: keys.configInEffect,
    queryFn: ({ signal }) => getConfig(signal),
    enabled: may,
  });
  if (!may || !config.data) return null;
  const { settings } = config.data.config;
  const storage = settings.storage as { url?: string } | undefined;
  return (
    <section className={classes.section}>
      <h2>What is kept, and for how long</h2>
      <KeyValues
        items={[
          {
            name: 'Store',
            value:
              storage?.url === undefined || storage.url === ''
                ? `SQLite in ${String(settings.data)}`
                : 'PostgreSQL',
          },
          {
            name: 'Configuration',
            value: config.data.config.file === '' ? 'no file: built in' : config.data.config.file,
          },
        ]}
      />
      <table className={classes.kept} aria-label="What is kept">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Kept</th>
            <th scope="col">Comes from</th>
          </tr>
        </thead>
        <tbody>
          {keptBy(config.data.config).map(({ key, name, value, origin }) => (
            <tr key={key}>
              <td title={key}>{name}</td>
              <td className="num">{value}</td>
              <td className="muted">{origin}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.links}>
        <Link to="/config" search={{ tab: 'settings' }}>
          Every setting, and where it comes from
        </Link>
      </p>
    </section>
  );
}
