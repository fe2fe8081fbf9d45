import { formatNumber } from '../../ui/format';
import classes from './EventsPage.module.css';

type Props = {
  bars: readonly { type: string; count: number }[];
  chosen: readonly string[];
  onChange: (types: string[]) => void;
};

/** Which kinds fill the tail; a click narrows it to them. */
export function Breakdown({ bars, chosen, onChange }: Props) {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  return (
    <section className={classes.breakdown} aria-label="Events by type">
      <h2>By type</h2>
      <ul>
        {bars.map(({ type, count }) => {
          const on = chosen.includes(type);
          return (
            <li key={type}>
              <button
                type="button"
                className={classes.barButton}
                aria-pressed={on}
                onClick={() => {
                  onChange(on ? chosen.filter((one) => one !== type) : [...chosen, type]);
                }}
              >
                <span className={classes.barName}>{type}</span>
                <span className="num">{formatNumber(count)}</span>
                <span className={classes.barTrack}>
                  <span style={{ width: `${(count / most) * 100}%` }} />
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
