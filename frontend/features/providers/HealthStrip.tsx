import type { HealthCheck } from '../../api/types';
import { formatDateTime, formatDuration, plural } from '../../ui/format';
import { HistoryStrip } from '../../ui/HistoryStrip';
import classes from './HealthTab.module.css';

type Props = { history: readonly HealthCheck[] };

const length = 60;

/** The last checks as a heartbeat: height is time on a log scale, a failure is full height and notched. */
export function HealthStrip({ history }: Props) {
  const shown = history.slice(-length);
  const failed = shown.filter((check) => !check.ok).length;
  return (
    <div className={classes.strip}>
      <HistoryStrip
        length={length}
        label={
          shown.length === 0
            ? 'No health checks yet'
            : `${plural(shown.length, 'health check')}, ${failed} failed`
        }
        cells={shown.map((check) => ({
          key: check.timestamp,
          tone: check.ok ? 'good' : 'bad',
          height: check.ok ? Math.min(1, Math.log10(1 + check.duration_ms) / 4) : 1,
          title: `${formatDateTime(check.timestamp)}: ${
            check.ok ? formatDuration(check.duration_ms) : check.error
          }`,
        }))}
      />
      <div className={classes.stripEnds}>
        <span>
          {shown.length === 0 ? 'No checks yet' : `last ${plural(shown.length, 'check')}`}
        </span>
        <span>now</span>
      </div>
    </div>
  );
}
