import { Modal, Switch } from '@mantine/core';
import { useBindings } from '../../hooks/useKeys';
import { useReturnFocus } from '../../hooks/useReturnFocus';
import type { Binding } from '../../store/keyboard';
import { setPrefs, usePrefs } from '../../store/prefs';
import classes from './KeySheet.module.css';

type Props = { onClose: () => void };

const first = ['Anywhere', 'Go to'];

/** What keys do on the page that is open now. */
export function KeySheet({ onClose }: Props) {
  useReturnFocus();
  const all = useBindings();
  const singleKeys = usePrefs((prefs) => prefs.singleKeys);
  const groups = [...new Set([...first, ...all.map(({ group }) => group)])];
  return (
    <Modal
      opened
      onClose={onClose}
      title="Keyboard"
      size={760}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.groups}>
        {groups.map((group) => (
          <Group key={group} name={group} bindings={newest(all, group)} />
        ))}
      </div>
      <div className={classes.foot}>
        <Switch
          label="Keys without Ctrl or ⌘ do things"
          description="Off, only the palette has a key"
          checked={singleKeys}
          onChange={(event) => {
            setPrefs({ singleKeys: event.currentTarget.checked });
          }}
        />
      </div>
    </Modal>
  );
}

/** A page may give a key another meaning than the shell does: the newer one counts. */
function newest(all: readonly Binding[], group: string): Binding[] {
  const byKeys = new Map(all.map((binding) => [binding.keys, binding]));
  return [...byKeys.values()].filter((binding) => binding.group === group);
}

function Group({ name, bindings }: { name: string; bindings: readonly Binding[] }) {
  if (bindings.length === 0) return null;
  return (
    <section className={classes.group}>
      <h2>{name}</h2>
      <dl>
        {bindings.map(({ keys, label }) => (
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
}

const shown = (key: string) =>
  key.replace('mod+', navigator.userAgent.includes('Mac') ? '⌘' : 'Ctrl ');
