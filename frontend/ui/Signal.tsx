import type { ReactNode } from 'react';
import classes from './Signal.module.css';

type Props = { name: string; value: ReactNode; unit?: string; note?: ReactNode };

/** One number, large, with its unit small beside it. */
export function Signal({ name, value, unit, note }: Props) {
  return (
    <div className={classes.signal}>
      <div className={classes.name}>{name}</div>
      <div className={classes.value}>
        {value}
        {unit ? <span className={classes.unit}> {unit}</span> : null}
      </div>
      {note ? <div className={classes.name}>{note}</div> : null}
    </div>
  );
}
