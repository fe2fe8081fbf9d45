import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import { useRowHeight } from './look';
import classes from './VirtualTable.module.css';

export type Column<Row> = {
  key: string;
  title: ReactNode;
  /** A CSS grid track: fixed by definition, so that live values never move things. */
  width: string;
  align?: 'end';
  /** Left out where the table is narrower than this, in px. */
  hideBelow?: 1200 | 900 | 600;
  sort?: 'ascending' | 'descending' | 'none';
  cell: (row: Row) => ReactNode;
};

type Props<Row> = {
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  columns: readonly Column<Row>[];
  rowHeight?: number;
  selected?: string | undefined;
  /** Rows that are marked to be acted on. */
  marked?: (key: string) => boolean;
  onRowClick?: (row: Row) => void;
  /** Told whether the reader has left the top. */
  onScrolled?: (away: boolean) => void;
  /** A change of this value goes back to the top. */
  topSignal?: number;
};

const steps: Record<string, number> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

/**
 * A table of which only the visible rows exist. Header and cells share one grid; rows keep their height. With the
 * focus inside, j and k or the arrows move it from row to row: to the first link or button that the row has.
 */
export function VirtualTable<Row>(props: Props<Row>) {
  const { rows, columns, rowKey, onScrolled, topSignal } = props;
  const rowHeight = useRowHeight(props.rowHeight);
  const scroller = useRef<HTMLDivElement>(null);
  /** The row that is to have the focus as soon as it exists. */
  const wanted = useRef<number | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
    overscan: 12,
    scrollPaddingStart: 32, // the head lies over the first row
  });
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [topSignal]);
  const focusWanted = () => {
    if (wanted.current === null) return;
    const row = scroller.current?.querySelector(`[data-index="${wanted.current}"]`);
    const target = row?.querySelector<HTMLElement>('a,button');
    if (!target) return;
    wanted.current = null;
    target.focus({ preventScroll: true });
  };
  useEffect(focusWanted); // a row that was scrolled to exists one render later

  // Whoever comes by a link finds what it selects in sight; what is selected later, and out of sight, is brought there.
  const seen = useRef(false);
  useEffect(() => {
    const index = rows.findIndex((row) => rowKey(row) === props.selected);
    if (index >= 0 && (seen.current || index > 0))
      virtual.scrollToIndex(index, { align: seen.current ? 'auto' : 'center' });
    seen.current = true;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not when rows come and go: then it is the reader who scrolls
  }, [props.selected]);

  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>) => {
    const step = steps[event.key];
    const target = event.target as HTMLElement;
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    if (
      rows.length === 0 ||
      target.matches('input:not([type=checkbox]),select,textarea,[role=menuitem]')
    )
      return;
    event.preventDefault();
    const now = target.closest<HTMLElement>('[data-index]')?.dataset.index;
    const from = now === undefined ? (step > 0 ? -1 : rows.length) : Number(now);
    const next = Math.max(0, Math.min(rows.length - 1, from + step));
    virtual.scrollToIndex(next);
    wanted.current = next;
    focusWanted();
  };

  const tracks = (narrowest: number) =>
    columns
      .filter((column) => (column.hideBelow ?? 0) <= narrowest)
      .map((column) => column.width)
      .join(' ');
  const template = {
    '--columns': tracks(Infinity),
    '--columns-1200': tracks(900),
    '--columns-900': tracks(600),
    '--columns-600': tracks(0),
    '--row-height': `${rowHeight}px`,
  } as React.CSSProperties;

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      style={template}
      tabIndex={0}
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      data-rows
      onKeyDown={onKeyDown}
      onScroll={(event) => onScrolled?.(event.currentTarget.scrollTop > rowHeight)}
    >
      <div role="rowgroup" className={classes.head}>
        <div role="row" aria-rowindex={1} className={classes.row}>
          {columns.map((column) => (
            <div
              key={column.key}
              role="columnheader"
              className={classes.cell}
              data-align={column.align}
              data-hide-below={column.hideBelow}
              aria-sort={column.sort}
            >
              {column.title}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const key = rowKey(row);
          return (
            // Clicking anywhere in a row is a shortcut of the link or button that the row contains.
            <div
              key={key}
              role="row"
              aria-rowindex={item.index + 2}
              className={classes.row}
              data-row={key}
              data-index={item.index}
              data-selected={props.selected === key || undefined}
              data-marked={props.marked?.(key) === true || undefined}
              data-clickable={props.onRowClick ? true : undefined}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={(event) => {
                if (!(event.target as Element).closest('a,button,label,input'))
                  props.onRowClick?.(row);
              }}
            >
              {columns.map((column) => (
                <div
                  key={column.key}
                  role="cell"
                  className={classes.cell}
                  data-align={column.align}
                  data-hide-below={column.hideBelow}
                >
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
