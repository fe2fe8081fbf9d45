import type { LastError, ProviderDetail } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useProvider } from '../../store/fleet';
import { formatDuration, formatNumber } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { RelativeTime } from '../../ui/RelativeTime';
import { Signal } from '../../ui/Signal';
import { joinCommand } from './command';
import classes from './ProviderPage.module.css';
import { HealthStrip } from './HealthStrip';
import { Life } from './Life';
import { Stderr } from '../../parts/Stderr';
import { shown } from '../../ui/shown';

type Props = {
  detail: ProviderDetail;
  /** shown above already, with its own stderr */ startFailed: boolean;
};

export function SummaryTab({ detail, startFailed }: Props) {
  const now = useNow(1_000);
  const live = useProvider(detail.provider_id);
  const calls = live?.calls_total ?? detail.calls_total;
  const failed = live?.calls_failed ?? detail.calls_failed;
  const lastCall = live?.last_call_at ?? detail.last_call_at;
  const { meta } = detail;
  return (
    <div className={classes.columns}>
      <div className={classes.signals}>
        <Signal name="Calls" value={formatNumber(calls)} />
        <Signal
          name="Failures"
          value={formatNumber(failed)}
          note={calls > 0 ? `${((failed / calls) * 100).toFixed(1)} % of calls` : null}
        />
        <Signal name="Last call" value={<RelativeTime iso={lastCall} now={now} />} />
        <Signal
          name="Cold start"
          value={
            meta.startup_duration_ms === undefined ? '–' : formatDuration(meta.startup_duration_ms)
          }
        />
        <Signal name="Tools" value={formatNumber(detail.tools_count)} />
      </div>
      {detail.last_error && !startFailed ? (
        <LastErrorSection error={detail.last_error} now={now} />
      ) : null}
      <Life detail={detail} />
      <section className={classes.section}>
        <h2>Health checks</h2>
        <HealthStrip history={detail.health.history} />
      </section>
      <Configuration detail={detail} />
      <Server detail={detail} now={now} />
    </div>
  );
}

function LastErrorSection({ error, now }: { error: LastError; now: number }) {
  return (
    <section className={`${classes.section} ${classes.wide}`}>
      <h2>Last error</h2>
      <KeyValues
        items={[
          { name: 'What', value: error.message },
          { name: 'Type', value: <code className="mono">{error.type}</code> },
          ...(/^https?:/.test(error.authorization_url ?? '')
            ? [
                {
                  name: 'What to do',
                  value: (
                    <a href={error.authorization_url} target="_blank" rel="noreferrer">
                      Sign in at its authorization server, then come back
                    </a>
                  ),
                },
              ]
            : []),
          { name: 'When', value: <RelativeTime iso={error.at} now={now} /> },
        ]}
      />
      <Stderr lines={error.stderr ?? []} />
    </section>
  );
}

const mono = (text: string) => <code className="mono">{shown(text)}</code>;

function Configuration({ detail }: { detail: ProviderDetail }) {
  const { configuration: c } = detail;
  const names = Object.keys(c.env);
  const origin = {
    subprocess: [{ name: 'Command', value: mono(joinCommand(c.command)) }],
    docker: [
      { name: 'Image', value: mono(c.image) },
      { name: 'Network', value: c.network },
      { name: 'File system', value: c.read_only ? 'read-only' : 'writable' },
      { name: 'Volumes', value: c.volumes.length === 0 ? 'none' : mono(c.volumes.join('\n')) },
    ],
    remote: [{ name: 'Endpoint', value: mono(c.endpoint) }],
  }[detail.mode];
  return (
    <section className={classes.section}>
      <h2>Definition</h2>
      <KeyValues
        items={[
          ...(c.description ? [{ name: 'Description', value: c.description }] : []),
          { name: 'Mode', value: detail.mode },
          ...origin,
          { name: 'Environment', value: names.length === 0 ? 'none' : mono(names.join(', ')) },
          { name: 'Stops when idle for', value: formatDuration(c.idle_ttl_s * 1_000) },
          { name: 'Health check every', value: formatDuration(c.health_check_interval_s * 1_000) },
          ...(c.hold_warm ? [{ name: 'Kept warm', value: 'yes' }] : []),
          ...(c.max_concurrency > 0
            ? [{ name: 'Calls at once', value: String(c.max_concurrency) }]
            : []),
          { name: 'Defined by', value: detail.source },
        ]}
      />
    </section>
  );
}

function Server({ detail, now }: { detail: ProviderDetail; now: number }) {
  const { meta } = detail;
  const info = (meta.server_info ?? {}) as { name?: string; version?: string };
  const capabilities = Object.keys(meta.capabilities ?? {});
  return (
    <section className={classes.section}>
      <h2>Server</h2>
      {meta.protocol_version === undefined ? (
        <p className="muted" style={{ paddingTop: 8 }}>
          Known after the first start.
        </p>
      ) : (
        <>
          <KeyValues
            items={[
              { name: 'Name', value: `${info.name ?? 'unnamed'} ${info.version ?? ''}` },
              { name: 'Protocol', value: meta.protocol_version },
              { name: 'Capabilities', value: capabilities.join(', ') || 'none' },
              ...(meta.pid === undefined
                ? []
                : [{ name: 'Process', value: mono(String(meta.pid)) }]),
              ...(meta.started_at === undefined
                ? []
                : [{ name: 'Started', value: <RelativeTime iso={meta.started_at} now={now} /> }]),
              ...(meta.instructions ? [{ name: 'Instructions', value: meta.instructions }] : []),
            ]}
          />
          {capabilities.length > 0 ? (
            <JsonView value={meta.capabilities} label="capabilities" />
          ) : null}
        </>
      )}
    </section>
  );
}
