import type { ReactNode } from 'react';
import classes from './Panel.module.css';

type Props = { title: string; children?: ReactNode; action?: ReactNode };

export function EmptyState({ title, children, action }: Props) {
  return (
    <section className={classes.empty}>
      <h2>{title}</h2>
      <div className={classes.text}>{children}</div>
      {action ? <div className={classes.emptyAction}>{action}</div> : null}
    </section>
  );
}
