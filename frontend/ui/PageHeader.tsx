import type { ReactNode } from 'react';
import classes from './PageHeader.module.css';

type Props = { title: ReactNode; aside?: ReactNode; children?: ReactNode };

/** The line that names the page, level with the shell's own controls at its right. */
export function PageHeader({ title, aside, children }: Props) {
  return (
    <div className={classes.header}>
      <div className={classes.line}>
        <h1>{title}</h1>
        {aside ? <div className={classes.aside}>{aside}</div> : null}
      </div>
      {children}
    </div>
  );
}
