import type { Decision } from '../../api/types';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './AccessPage.module.css';
import { shown } from '../../ui/shown';

/** Who may, and the rule that decided it. */
export function Decisions({ decisions }: { decisions: readonly Decision[] }) {
  if (decisions.length === 0) {
    return <p className="muted">There is nobody yet who could sign in and call it.</p>;
  }
  return (
    <ul className={classes.decisions} aria-label="Who may call it">
      {decisions.map((one) => (
        <li key={one.principal_id}>
          <ToneBadge {...verdict(one)} />
          <strong>{shown(one.principal_id)}</strong>
          <span className={classes.reason}>{shown(one.reason)}</span>
        </li>
      ))}
    </ul>
  );
}

export const verdict = ({ allowed }: Decision) =>
  allowed
    ? ({ tone: 'good', label: 'may' } as const)
    : ({ tone: 'bad', label: 'may not' } as const);
