import classes from './BreakerSwitch.module.css';

type Props = {
  state: 'closed' | 'open' | 'half_open';
  /** Of what: `Circuit breaker of math`. */
  label: string;
  /** Said beside it; the picture never stands alone. */
  children?: React.ReactNode;
  small?: boolean;
};

const words = { closed: 'closed', open: 'open', half_open: 'half-open' } as const;

/** A circuit breaker as what it is: a switch in a line. Closed joins, open parts, half-open lets one through to try. */
export function BreakerSwitch({ state, label, children, small = false }: Props) {
  return (
    <span className={classes.breaker} data-state={state} data-small={small || undefined}>
      <svg
        width={small ? 44 : 88}
        height={small ? 18 : 36}
        viewBox="0 0 88 36"
        role="img"
        aria-label={`${label}: ${words[state]}`}
      >
        <path className={classes.wire} d="M2 26H26M62 26H86" />
        <path className={classes.arm} d="M26 26H62" />
        <circle className={classes.contact} cx="26" cy="26" r="4" />
        <circle className={classes.contact} cx="62" cy="26" r="4" />
      </svg>
      <span className={classes.words}>
        <b>{words[state]}</b>
        {children ? <span className={classes.more}>{children}</span> : null}
      </span>
    </span>
  );
}
