import type { ReactNode } from 'react';
import classes from './SettingsPage.module.css';

type Props = {
  title: string;
  /** What it changes. */
  means: ReactNode;
  children: ReactNode;
};

/** A choice: what it is called and what it changes at the left, the choice itself at the right. */
export function Setting({ title, means, children }: Props) {
  return (
    <div className={classes.setting}>
      <div>
        <h2>{title}</h2>
        <p>{means}</p>
      </div>
      <div className={classes.control}>{children}</div>
    </div>
  );
}
