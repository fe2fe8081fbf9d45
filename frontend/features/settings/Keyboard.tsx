import { useBindings } from '../../hooks/useKeys';
import classes from './SettingsPage.module.css';

const isMac = navigator.userAgent.includes('Mac');

/** What keys do everywhere; a page adds its own, which ? lists there. */
export function Keyboard() {
  const all = [...new Map(useBindings().map((one) => [one.keys, one])).values()];
  const groups = [...new Set(all.map(({ group }) => group))].filter((one) => one !== 'Settings');
  return (
    <div className={classes.keys}>
      {groups.map((group) => (
        <section key={group}>
          <h2>{group}</h2>
          <dl>
            {all
              .filter((one) => one.group === group)
              .map(({ keys, label }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key, nth) => (
                      <kbd key={nth}>{key.replace('mod+', isMac ? '⌘' : 'Ctrl ')}</kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
