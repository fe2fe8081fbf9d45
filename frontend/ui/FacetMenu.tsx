import { Menu } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import type { Chip } from './FilterChips';
import { shown } from './shown';
import classes from './FilterChips.module.css';

type Props = {
  label: string;
  chips: readonly Chip[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
};

/** Facets that are too many, or too seldom asked for, to stand in a row: one chip that opens them. */
export function FacetMenu({ label, chips, chosen, onChange }: Props) {
  const said = chosen.length === 1 ? shown(chosen[0] ?? '') : `${chosen.length} of ${chips.length}`;
  return (
    <Menu position="bottom-start" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={classes.chip} data-on={chosen.length > 0 || undefined}>
          <span>{chosen.length === 0 ? label : `${label}: ${said}`}</span>
          <IconChevronDown size={14} stroke={1.6} />
        </button>
      </Menu.Target>
      <Menu.Dropdown className={classes.facets}>
        {chips.map(({ key, label: name, count }) => {
          const on = chosen.includes(key);
          return (
            <Menu.Item
              key={key}
              leftSection={
                <IconCheck size={14} style={{ visibility: on ? 'visible' : 'hidden' }} />
              }
              rightSection={<span className={classes.count}>{count}</span>}
              onClick={() => {
                onChange(on ? chosen.filter((one) => one !== key) : [...chosen, key]);
              }}
            >
              {shown(name)}
              {on ? <span className="visually-hidden"> chosen</span> : null}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
