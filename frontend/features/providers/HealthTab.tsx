import type { Health } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { EmptyState } from '../../ui/EmptyState';
import { formatAgo, formatClock, formatDuration, formatNumber } from '../../ui/format';
import { RelativeTime } from '../../ui/RelativeTime';
import { ScatterPlot } from '../../ui/timeline/ScatterPlot';
import { Signal } from '../../ui/Signal';
import { ToneBadge } from '../../ui/ToneBadge';
import { HealthStrip } from './HealthStrip';
import classes from './HealthTab.module.css';

type Props = {
  health: Health;
  everyS: number;
  /** When the ages in it were true, in ms since the epoch. */
  asOf: number;
};

export function HealthTab({ health, everyS, asOf }: Props) {
  const now = useNow(1_000);
  if (health.history.length === 0) {
    return (
      <EmptyState title="No health checks yet">
        A running provider is asked every {formatDuration(everyS * 1_000)} whether it answers. The
        first result appears here by itself.
      </EmptyState>
    );
  }
  return (
    <div className={classes.health}>
      <div className={classes.signals}>
        <Signal name="Status" value={health.status} />
        <Signal name="Failures in a row" value={formatNumber(health.consecutive_failures)} />
        <Signal name="Success rate" value={(health.success_rate * 100).toFixed(1)} unit="%" />
        <Signal name="Last success" value={ago(health.last_success_ago, now - asOf)} />
        <Signal name="Last failure" value={ago(health.last_failure_ago, now - asOf)} />
      </div>
      <section>
        <h2>How long each took</h2>
        <ScatterPlot
          label="Health checks"
          points={health.history.map((check) => ({
            key: check.timestamp,
            at: Date.parse(check.timestamp),
            took: check.ok ? check.duration_ms : null,
            title: check.ok ? formatDuration(check.duration_ms) : check.error,
          }))}
        />
      </section>
      <HealthStrip history={health.history} />
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Result</th>
            <th scope="col" className={classes.end}>
              Duration
            </th>
            <th scope="col">Error</th>
            <th scope="col" className={classes.end}>
              Age
            </th>
          </tr>
        </thead>
        <tbody>
          {health.history.toReversed().map((check) => (
            <tr key={check.timestamp}>
              <td className="mono">{formatClock(check.timestamp)}</td>
              <td>
                <ToneBadge
                  tone={check.ok ? 'good' : 'bad'}
                  label={check.ok ? 'passed' : 'failed'}
                />
              </td>
              <td className={classes.end}>{formatDuration(check.duration_ms)}</td>
              <td className={classes.error}>{check.error}</td>
              <td className={classes.end}>
                <RelativeTime iso={check.timestamp} now={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ago = (seconds: number | null, sinceMs: number) =>
  seconds === null ? '–' : formatAgo(0, seconds * 1_000 + Math.max(0, sinceMs));
