import type { Tone } from './tokens';
import classes from './HistoryStrip.module.css';

export type StripCell = { key: string; tone: Tone; /** 0..1 */ height: number; title: string };

type Props = { label: string; cells: readonly StripCell[]; length?: number };

/** A heartbeat: newest at the right; height is size, colour is outcome, and a failure is also notched. */
export function HistoryStrip({ label, cells, length = 60 }: Props) {
  const shown = cells.slice(-length);
  return (
    <div className={classes.strip} role="img" aria-label={label}>
      {Array.from({ length: length - shown.length }, (_, i) => (
        <span key={`none-${i}`} className={classes.none} />
      ))}
      {shown.map((cell) => (
        <span key={cell.key} className={classes.cell} title={cell.title} data-tone={cell.tone}>
          <span style={{ height: `${Math.round(40 + 60 * cell.height)}%` }} />
        </span>
      ))}
    </div>
  );
}
