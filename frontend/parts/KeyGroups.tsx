import type { Binding } from '../store/keyboard';
import classes from './KeyGroups.module.css';

/** What keys do, by group. A page may give a key another meaning than the shell does: the newer one counts. */
export function KeyGroups({
  bindings,
  groups,
}: {
  bindings: readonly Binding[];
  groups: readonly string[];
}) {
  const all = [...new Map(bindings.map((one) => [one.keys, one])).values()];
  return groups.map((name) => {
    const own = all.filter(({ group }) => group === name);
    if (own.length === 0) return null;
    return (
      <section key={name} className={classes.group}>
        <h2>{name}</h2>
        <dl>
          {own.map(({ keys, label }) => (
            <div key={keys}>
              <dt>
                {keys.split(' ').map((key, nth) => (
                  <kbd key={nth}>{shown(key)}</kbd>
                ))}
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
      </section>
    );
  });
}

const shown = (key: string) =>
  key.replace('mod+', navigator.userAgent.includes('Mac') ? '⌘' : 'Ctrl ');
