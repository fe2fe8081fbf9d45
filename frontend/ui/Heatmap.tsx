import { useState } from 'react';
import { formatDuration, formatNumber } from './format';
import classes from './Heatmap.module.css';
import { tickText, timeTicks } from './timeline/ticks';
import { useWidth } from './useWidth';

export type HeatColumn = { /** ms since the epoch */ at: number; counts: readonly number[] };

export type HeatCell = { from: number; to: number; minMs: number; maxMs: number | null };

type Props = {
  label: string;
  columns: readonly HeatColumn[];
  /** Width of a column, ms. */
  stepMs: number;
  /** Upper edges in ms; one more row is for what took longer. */
  bounds: readonly number[];
  range: { from: number; to: number };
  onPick: (cell: HeatCell) => void;
};

const left = 64;
const axis = 20;
const rowHeight = 12;
const shades = 7;

/** When, and how long: the darker, the more. Arrow keys move a cursor, Enter picks what is below it. */
export function Heatmap({ label, columns, stepMs, bounds, range, onPick }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [cursor, setCursor] = useState<{ column: number; row: number } | null>(null);
  const rows = trimmed(columns, bounds.length + 1);
  const most = Math.max(1, ...columns.flatMap((column) => column.counts));
  const plot = Math.max(1, width - left - 8);
  const height = rows.length * rowHeight + axis;
  const x = (at: number) => left + ((at - range.from) / (range.to - range.from)) * plot;
  const cellWidth = Math.max(2, (stepMs / (range.to - range.from)) * plot);
  const y = (row: number) => (rows.length - 1 - rows.indexOf(row)) * rowHeight;

  const cellOf = (column: number, row: number): HeatCell | null => {
    const at = columns[column]?.at;
    return at === undefined
      ? null
      : { from: at, to: at + stepMs, minMs: bounds[row - 1] ?? 0, maxMs: bounds[row] ?? null };
  };
  const pick = (column: number, row: number) => {
    const cell = cellOf(column, row);
    if (cell) onPick(cell);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = moves[event.key];
    const now = cursor ?? { column: columns.length - 1, row: rows[0] ?? 0 };
    if (event.key === 'Enter' && cursor) pick(cursor.column, cursor.row);
    else if (step) {
      const [dx, dy] = step;
      const at = Math.max(0, Math.min(rows.length - 1, rows.indexOf(now.row) + dy));
      setCursor({
        column: Math.max(0, Math.min(columns.length - 1, now.column + dx)),
        row: rows[at] ?? 0,
      });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <figure className={classes.heatmap} aria-label={label}>
      <div
        ref={ref}
        className={classes.frame}
        tabIndex={0}
        role="group"
        aria-label={`${label}: arrow keys move, Enter filters`}
        onKeyDown={onKeyDown}
        onPointerLeave={() => {
          setCursor(null);
        }}
      >
        <svg width={width} height={height} aria-hidden="true">
          {rows.map((row) =>
            rows.indexOf(row) % 2 === 0 ? (
              <text key={row} className={classes.scale} x={left - 8} y={y(row) + rowHeight - 2}>
                {bounds[row] === undefined ? 'longer' : formatDuration(bounds[row])}
              </text>
            ) : null,
          )}
          {timeTicks(range, Math.max(2, Math.floor(plot / 110))).map((tick) => (
            <text key={tick} className={classes.tick} x={x(tick)} y={height - 4}>
              {tickText(tick, range)}
            </text>
          ))}
          {columns.map((column, i) =>
            rows.map((row) => {
              const count = column.counts[row] ?? 0;
              return count === 0 ? null : (
                <rect
                  key={`${column.at} ${row}`}
                  className={classes.cell}
                  data-shade={shadeOf(count, most)}
                  x={x(column.at)}
                  y={y(row)}
                  width={Math.max(1.5, cellWidth - 1)}
                  height={rowHeight - 1}
                  onPointerEnter={() => {
                    setCursor({ column: i, row });
                  }}
                  onClick={() => {
                    pick(i, row);
                  }}
                />
              );
            }),
          )}
          {cursor ? (
            <rect
              className={classes.cursor}
              x={x(columns[cursor.column]?.at ?? 0) - 1}
              y={y(cursor.row) - 1}
              width={cellWidth + 1}
              height={rowHeight + 1}
            />
          ) : null}
        </svg>
      </div>
      <figcaption className={classes.caption} aria-live="polite">
        {cursor ? (
          <Spoken
            cell={cellOf(cursor.column, cursor.row)}
            count={columns[cursor.column]?.counts[cursor.row] ?? 0}
            range={range}
          />
        ) : (
          'The darker, the more calls. A cell shows its calls below.'
        )}
      </figcaption>
    </figure>
  );
}

type SpokenProps = { cell: HeatCell | null; count: number; range: Props['range'] };

function Spoken({ cell, count, range }: SpokenProps) {
  if (!cell) return null;
  const time =
    cell.maxMs === null
      ? `longer than ${formatDuration(cell.minMs)}`
      : cell.minMs === 0
        ? `up to ${formatDuration(cell.maxMs)}`
        : `${formatDuration(cell.minMs)} to ${formatDuration(cell.maxMs)}`;
  return `${tickText(cell.from, range)}, ${time}: ${formatNumber(count)}`;
}

const moves: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** 0 to 6, on a log scale: the few slow ones stay visible beside the many fast ones. */
export const shadeOf = (count: number, most: number): number =>
  most <= 1
    ? shades - 1
    : Math.max(1, Math.round((Math.log(count + 1) / Math.log(most + 1)) * (shades - 1)));

/** The rows between the lowest and the highest that hold something, and one more at each side. */
export function trimmed(columns: readonly HeatColumn[], rows: number): number[] {
  const used = columns.flatMap(({ counts }) => counts.flatMap((n, row) => (n > 0 ? [row] : [])));
  if (used.length === 0) return [];
  const low = Math.max(0, Math.min(...used) - 1);
  const high = Math.min(rows - 1, Math.max(...used) + 1);
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
