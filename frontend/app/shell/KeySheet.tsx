import { Modal, Switch } from '@mantine/core';
import { useBindings } from '../../hooks/useKeys';
import { useReturnFocus } from '../../hooks/useReturnFocus';
import { KeyGroups } from '../../parts/KeyGroups';
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
        <KeyGroups bindings={all} groups={groups} />
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
