import classes from './ConfigPage.module.css';
import type { PlanLine } from './plan';

/** What would come, change and go. */
export function PlanList({ lines }: { lines: readonly PlanLine[] }) {
  if (lines.length === 0) return <p className="muted">Nothing would change.</p>;
  return (
    <ul className={classes.plan} aria-label="Plan">
      {lines.map((line) => (
        <li key={line.key}>
          <span className={classes.sign} data-tone={line.tone}>
            {line.sign}
          </span>
          <span className="muted">{line.what}</span>
          <strong>{line.name}</strong>
          <span className={classes.note}>{line.note}</span>
        </li>
      ))}
    </ul>
  );
}
