import type { ReactNode } from 'react';
import classes from './FilterBar.module.css';

type Props = { children: ReactNode; end?: ReactNode };

/** The line above a list: what narrows it at the left, what is done with it at the right. */
export function FilterBar({ children, end }: Props) {
  return (
    <div className={classes.bar}>
      {children}
      {end ? <div className={classes.end}>{end}</div> : null}
    </div>
  );
}
