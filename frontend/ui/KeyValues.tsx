import type { ReactNode } from 'react';
import classes from './KeyValues.module.css';
import { shown } from './shown';

type Props = { items: readonly { name: string; value: ReactNode }[] };

export function KeyValues({ items }: Props) {
  return (
    <dl className={classes.list}>
      {items.map((item) => (
        <div key={item.name} className={classes.item}>
          <dt>{item.name}</dt>
          <dd>{typeof item.value === 'string' ? shown(item.value) : item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
