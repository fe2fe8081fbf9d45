import classes from './ConfigPage.module.css';
import { planLines, planSums, type Plan } from './plan';

/** What would come, change and go, and whom that disturbs. */
export function PlanList({ plan }: { plan: Plan }) {
  const lines = planLines(plan);
  if (lines.length === 0) return <p className="muted">Nothing would change.</p>;
  return (
    <>
      <p className={classes.sums}>{planSums(plan)}</p>
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
    </>
  );
}
