import { Menu } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import type { Chip } from './FilterChips';
import { shown } from './shown';
import classes from './FilterChips.module.css';

export type Facet = {
  label: string;
  chips: readonly Chip[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
};

/** Facets that are too many, or too seldom asked for, to stand in a row: one chip that opens them all. */
export function FacetMenu({ facets }: { facets: readonly Facet[] }) {
  const count = facets.reduce((sum, { chosen }) => sum + chosen.length, 0);
  return (
    <Menu position="bottom-start" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={classes.chip} data-on={count > 0 || undefined}>
          <IconFilter size={14} stroke={1.6} />
          <span>Filter</span>
          {count > 0 ? <span className={classes.count}>{count}</span> : null}
        </button>
      </Menu.Target>
      <Menu.Dropdown className={classes.facets} aria-label="Filter">
        {facets.map(({ label, chips, chosen, onChange }) => (
          <div key={label} role="group" aria-label={label}>
            <Menu.Label>{label}</Menu.Label>
            {chips.map(({ key, label: name, count: matching }) => (
              <Menu.CheckboxItem
                key={key}
                checked={chosen.includes(key)}
                rightSection={<span className={classes.count}>{matching}</span>}
                onChange={(on) => {
                  onChange(on ? [...chosen, key] : chosen.filter((one) => one !== key));
                }}
              >
                {shown(name)}
              </Menu.CheckboxItem>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
