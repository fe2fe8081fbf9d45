import { IconArrowNarrowDown, IconArrowNarrowUp } from '@tabler/icons-react';
import classes from './SortHeader.module.css';

export type Order<Key extends string> = { key: Key; descending: boolean };

/** Title and aria-sort of a column that sorts; to be spread into the column. */
export function sortable<Key extends string>(
  key: Key,
  title: string,
  order: Order<Key>,
  onSort: (key: Key) => void,
) {
  const current = order.key === key;
  const Arrow = order.descending ? IconArrowNarrowDown : IconArrowNarrowUp;
  return {
    title: (
      <button
        type="button"
        className={classes.sort}
        onClick={() => {
          onSort(key);
        }}
      >
        {title}
        {current ? <Arrow size={14} /> : null}
      </button>
    ),
    sort: current
      ? order.descending
        ? ('descending' as const)
        : ('ascending' as const)
      : ('none' as const),
  };
}
