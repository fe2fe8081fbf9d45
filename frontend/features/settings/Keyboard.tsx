import { useBindings } from '../../hooks/useKeys';
import { KeyGroups } from '../../parts/KeyGroups';
import classes from './SettingsPage.module.css';

/** What keys do everywhere; a page adds its own, which ? lists there. */
export function Keyboard() {
  const all = useBindings();
  const groups = [...new Set(all.map(({ group }) => group))].filter((one) => one !== 'Settings');
  return (
    <div className={classes.keys}>
      <KeyGroups bindings={all} groups={groups} />
    </div>
  );
}
