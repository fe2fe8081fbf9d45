import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { FleetProvider } from '../../store/reduce';
import { formatNumber } from '../../ui/format';
import classes from './OverviewPage.module.css';

type Props = { providers: readonly FleetProvider[] };

const shown = 6;

/** Who works most, and what share of it fails. */
export function Movers({ providers }: Props) {
  const busiest = useMemo(
    () =>
      providers
        .filter((one) => one.calls_total > 0)
        .sort((a, b) => b.calls_total - a.calls_total)
        .slice(0, shown),
    [providers],
  );
  const most = busiest[0]?.calls_total ?? 1;
  return (
    <section>
      <h2>
        Busiest{' '}
        <Link to="/providers" search={{ sort: '-calls' }}>
          by calls
        </Link>
      </h2>
      {busiest.length === 0 ? <p className="muted">No calls yet.</p> : null}
      <ul className={classes.movers}>
        {busiest.map((one) => (
          <li key={one.provider}>
            <Link to="/providers/$id" params={{ id: one.provider }} className={classes.name}>
              {one.provider}
            </Link>
            <span className={classes.load} aria-hidden="true">
              <span style={{ width: `${(one.calls_total / most) * 100}%` }}>
                <i style={{ width: `${(one.calls_failed / one.calls_total) * 100}%` }} />
              </span>
            </span>
            <span className="num">{formatNumber(one.calls_total)}</span>
            <span className={classes.failed} data-some={one.calls_failed > 0 || undefined}>
              {one.calls_failed === 0
                ? 'none failed'
                : `${((one.calls_failed / one.calls_total) * 100).toFixed(1)} % failed`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
