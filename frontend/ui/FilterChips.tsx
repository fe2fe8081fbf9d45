import type { ReactNode } from 'react';
import classes from './FilterChips.module.css';

export type Chip = { key: string; label: string; count: number; mark?: ReactNode };

type Props = {
  label: string;
  chips: readonly Chip[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
};

/** Facets with their live counts; several may be on, none on means all. */
export function FilterChips({ label, chips, chosen, onChange }: Props) {
  return (
    <div role="group" aria-label={label} className={classes.chips}>
      {chips.map((chip) => {
        const on = chosen.includes(chip.key);
        return (
          <button
            key={chip.key}
            type="button"
            className={classes.chip}
            aria-pressed={on}
            onClick={() => {
              onChange(on ? chosen.filter((key) => key !== chip.key) : [...chosen, chip.key]);
            }}
          >
            {chip.mark}
            <span>{chip.label}</span>
            <span className={classes.count}>{chip.count}</span>
          </button>
        );
      })}
    </div>
  );
}
