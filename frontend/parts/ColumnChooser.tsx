import { ActionIcon, Button, Checkbox, Popover } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useUrlState } from '../hooks/useUrlState';
import { prefsStore, setPrefs, usePrefs } from '../store/prefs';
import { addressOf, chosenColumns, type Choice } from './columns';
import classes from './ColumnChooser.module.css';

/** What a list shows, kept for this list on this device and in the address, so that saved views have it too. */
export function useColumns(list: string, choices: readonly Choice[]) {
  const [url, setUrl] = useUrlState();
  const kept = usePrefs(({ columns }) => columns[list]);
  const chosen = useMemo(() => chosenColumns(choices, url.cols, kept), [choices, url.cols, kept]);
  const choose = (keys: readonly string[]) => {
    const ordered = choices.map(({ key }) => key).filter((key) => keys.includes(key));
    setPrefs({ columns: { ...prefsStore.getState().columns, [list]: ordered } });
    setUrl({ cols: addressOf(choices, ordered) });
  };
  return { chosen, choose };
}

type Props = {
  choices: readonly Choice[];
  chosen: readonly string[];
  onChoose: (keys: readonly string[]) => void;
};

export function ColumnChooser({ choices, chosen, onChoose }: Props) {
  const usual = choices.filter((one) => one.usual).map(({ key }) => key);
  return (
    <Popover position="bottom-end" width={240} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon size={32} aria-label="Columns" title="Columns">
          <IconColumns3 size={17} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Columns">
        <ul className={classes.list}>
          {choices.map(({ key, label }) => (
            <li key={key}>
              <Checkbox
                size="xs"
                label={label}
                checked={chosen.includes(key)}
                onChange={(event) => {
                  onChoose(
                    event.currentTarget.checked
                      ? [...chosen, key]
                      : chosen.filter((one) => one !== key),
                  );
                }}
              />
            </li>
          ))}
        </ul>
        <div className={classes.foot}>
          <Button
            size="xs"
            variant="default"
            fullWidth
            disabled={addressOf(choices, chosen) === ''}
            onClick={() => {
              onChoose(usual);
            }}
          >
            The usual columns
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
