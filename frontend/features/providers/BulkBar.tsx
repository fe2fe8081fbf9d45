import { Button } from '@mantine/core';
import type { Action } from '../../parts/actions/action';
import { ActionButton } from '../../parts/actions/ActionButton';
import { formatNumber, plural } from '../../ui/format';
import classes from './Bulk.module.css';
import type { Selection } from './selection';

type Props = {
  selection: Selection;
  count: number;
  /** Rows that match the filter. */
  total: number;
  actions: readonly Action[];
  onAll: () => void;
  onClear: () => void;
};

/** What is marked, and what can be done with it. */
export function BulkBar({ selection, count, total, actions, onAll, onClear }: Props) {
  const all = selection.marked.kind === 'all';
  return (
    <section className={classes.bar} aria-label="Selected providers">
      <span className={classes.count} role="status">
        {all
          ? `All ${formatNumber(total)} that match are selected`
          : `${plural(count, 'provider')} selected`}
      </span>
      {all ? null : (
        <Button onClick={onAll}>Select all {formatNumber(total)} that match the filter</Button>
      )}
      <span className={classes.verbs}>
        {actions.map((action) => (
          <ActionButton key={action.id} action={action} />
        ))}
        <Button variant="subtle" onClick={onClear}>
          Clear
        </Button>
      </span>
    </section>
  );
}
