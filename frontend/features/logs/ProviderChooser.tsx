import { Button, Checkbox, Popover, TextInput } from '@mantine/core';
import { IconChevronDown, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { plural } from '../../ui/format';
import { mostAtOnce } from './choose';
import classes from './LogsPage.module.css';

type Props = {
  all: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
};

/** More than these are found by typing. */
const shown = 100;

/** Whose lines are put together. */
export function ProviderChooser({ all, chosen, onChange }: Props) {
  const [text, setText] = useState('');
  const found = all.filter((id) => id.toLowerCase().includes(text.trim().toLowerCase()));
  const full = chosen.length >= mostAtOnce;
  return (
    <Popover position="bottom-start" width={280} trapFocus>
      <Popover.Target>
        <Button rightSection={<IconChevronDown size={15} />}>
          {plural(chosen.length, 'provider')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <div className={classes.head}>
          <TextInput
            aria-label="Find a provider"
            placeholder="Find a provider"
            leftSection={<IconSearch size={15} />}
            data-autofocus
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
          <div className={classes.all}>
            <Button
              size="xs"
              onClick={() => {
                onChange(found.slice(0, mostAtOnce));
              }}
            >
              {text === '' ? 'The first' : 'Only these'} {Math.min(found.length, mostAtOnce)}
            </Button>
            {full ? <span className="muted">{mostAtOnce} at once are the most</span> : null}
          </div>
        </div>
        <ul className={classes.list} aria-label="Providers">
          {found.slice(0, shown).map((id) => {
            const on = chosen.includes(id);
            return (
              <li key={id}>
                <Checkbox
                  size="xs"
                  label={id}
                  checked={on}
                  disabled={!on && full}
                  onChange={() => {
                    onChange(on ? chosen.filter((one) => one !== id) : [...chosen, id]);
                  }}
                />
              </li>
            );
          })}
          {found.length > shown ? (
            <li className="muted">and {found.length - shown} more: type to find them</li>
          ) : null}
          {found.length === 0 ? <li className="muted">Nobody is called like that.</li> : null}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
