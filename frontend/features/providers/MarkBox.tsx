import { useEffect, useRef } from 'react';
import classes from './Bulk.module.css';
import type { Header } from './selection';

/** The box before a row. */
export function MarkBox(props: { id: string; marked: boolean; onMark: (ranged: boolean) => void }) {
  return (
    <label className={classes.box}>
      <input
        type="checkbox"
        aria-label={`Select ${props.id}`}
        checked={props.marked}
        onChange={(event) => {
          props.onMark((event.nativeEvent as MouseEvent).shiftKey);
        }}
      />
    </label>
  );
}

/** The box in the head. */
export function MarkAllBox({ state, onToggle }: { state: Header; onToggle: () => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = state === 'some';
  }, [state]);
  return (
    <label className={classes.box}>
      <input
        ref={box}
        type="checkbox"
        aria-label="Select all providers"
        checked={state === 'all'}
        onChange={onToggle}
      />
    </label>
  );
}
