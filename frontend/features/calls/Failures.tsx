import { Button } from '@mantine/core';
import { outcomeWords } from '../../parts/calls/record';
import { RelativeTime } from '../../ui/RelativeTime';
import { shownName } from '../../ui/shown';
import classes from './CallsPage.module.css';
import type { FailureGroup } from './view';

type Props = {
  groups: readonly FailureGroup[];
  now: number;
  onPick: (group: FailureGroup) => void;
};

const most = 3;

/** What failed most among the calls below; one is a click away from being all that is listed. */
export function Failures({ groups, now, onPick }: Props) {
  if (groups.length === 0) return null;
  return (
    <ul className={classes.failures} aria-label="Failures among these calls">
      {groups.slice(0, most).map((group) => (
        <li key={group.key}>
          <Button
            size="compact-xs"
            onClick={() => {
              onPick(group);
            }}
          >
            {group.count} × {shownName(group.tool)} of {group.provider}
          </Button>
          <span className="muted">
            {shownName(group.errorType || outcomeWords[group.outcome])}, first{' '}
            <RelativeTime iso={group.first} now={now} />, last{' '}
            <RelativeTime iso={group.last} now={now} />
          </span>
        </li>
      ))}
      {groups.length > most ? <li className="muted">{groups.length - most} more kinds</li> : null}
    </ul>
  );
}
