import type { CallRecord } from '../../api/types';
import { formatDuration } from '../../ui/format';
import { partsOf, type Part } from './record';
import classes from './SplitBar.module.css';

type Props = { call: CallRecord; /** fills the width */ ofMs: number };

/** Where the time of a call went, as long as its share of the longest. */
export function SplitBar({ call, ofMs }: Props) {
  const parts = partsOf(call).filter(({ ms }) => ms > 0);
  const words = parts.map(({ name, ms }) => `${name} ${formatDuration(ms)}`).join(', ');
  return (
    <span className={classes.split} role="img" aria-label={words} title={words}>
      {parts.map(({ key, ms }) => (
        <span
          key={key}
          className={classes.part}
          data-part={key}
          style={{ width: `${Math.max(0.5, (ms / ofMs) * 100)}%` }}
        />
      ))}
    </span>
  );
}

/** What a part of the bar looks like, beside its name. */
export const PartSwatch = ({ part }: { part: Part['key'] }) => (
  <span className={classes.part} data-part={part} aria-hidden="true" />
);
