import { Delayed } from './Delayed';
import classes from './Loading.module.css';

type Props = { label: string; rows?: number; rowHeight?: number };

/** Grey rows of the final height, so that nothing jumps when the data comes. */
export function Loading({ label, rows = 8, rowHeight = 36 }: Props) {
  return (
    <div role="status" aria-label={label}>
      <Delayed>
        {Array.from({ length: rows }, (_, i) => (
          <div key={i} className={classes.row} style={{ height: rowHeight }}>
            <span className={classes.bar} style={{ width: `${28 + ((i * 37) % 41)}%` }} />
          </div>
        ))}
      </Delayed>
    </div>
  );
}
