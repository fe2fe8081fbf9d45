import classes from './BalanceBar.module.css';

type Props = {
  /** 0..1 */
  wanted: number;
  observed: number;
  /** Nothing was seen yet, so there is nothing to compare. */
  unknown?: boolean;
};

const percent = (part: number) => `${Math.round(part * 100)} %`;

/** What a member should get (the line) and what it got (the bar). */
export function BalanceBar({ wanted, observed, unknown = false }: Props) {
  return (
    <span className={classes.balance}>
      <span
        className={classes.track}
        role="img"
        aria-label={
          unknown
            ? `wanted ${percent(wanted)}, no calls yet`
            : `wanted ${percent(wanted)}, got ${percent(observed)}`
        }
      >
        {unknown ? null : (
          <span className={classes.observed} style={{ width: `${observed * 100}%` }} />
        )}
        <span className={classes.wanted} style={{ left: `${wanted * 100}%` }} />
      </span>
      <span className={classes.figures} aria-hidden="true">
        {unknown ? '–' : percent(observed)} <span>of {percent(wanted)}</span>
      </span>
    </span>
  );
}
