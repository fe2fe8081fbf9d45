import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { formatClock } from './format';
import classes from './LineChart.module.css';
import { tickText, timeTicks } from './timeline/ticks';
import { useWidth } from './useWidth';

export type Series = {
  name: string;
  /** By beginning of the step, ms since the epoch; a step without a value is a gap. */
  points: readonly { at: number; value: number }[];
};

type Props = {
  label: string;
  series: readonly Series[];
  range: { from: number; to: number };
  stepMs: number;
  format: (value: number) => string;
  /** Dragged over: that time. The range of the page is its twin for the keyboard. */
  onRange?: (from: number, to: number) => void;
};

const height = 168;
const left = 56;
const bottom = 20;
const top = 8;
/** Beyond hue: each line has a dash of its own. */
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 4'];

/** Lines over time from zero, at most five, each named at its end; where nothing was measured there is a gap. */
export function LineChart({ label, series, range, stepMs, format, onRange }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [form, setForm] = useState('picture');
  const [at, setAt] = useState<number | null>(null);
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null);
  const shown = series.slice(0, dashes.length);
  const most = niceTop(Math.max(0, ...shown.flatMap(({ points }) => points.map((p) => p.value))));
  const right = shown.length > 1 ? 96 : 12;
  const plot = Math.max(1, width - left - right);
  const x = (time: number) => left + ((time - range.from) / (range.to - range.from)) * plot;
  const y = (value: number) => height - bottom - (value / most) * (height - bottom - top);
  const offsetOf = (event: React.PointerEvent<HTMLDivElement>) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left - left;
  const timeOf = (offset: number) =>
    range.from + (Math.min(plot, Math.max(0, offset)) / plot) * (range.to - range.from);
  const onMove = (event: React.PointerEvent<HTMLDivElement>) => {
    const offset = offsetOf(event);
    setAt(offset < 0 || offset > plot ? null : Math.floor(timeOf(offset) / stepMs) * stepMs);
    if (brush) setBrush({ from: brush.from, to: timeOf(offset) });
  };
  const onDown = (event: React.PointerEvent<HTMLDivElement>) => {
    // A finger scrolls the page here.
    if (!onRange || event.button !== 0 || event.pointerType === 'touch') return;
    const time = timeOf(offsetOf(event));
    setBrush({ from: time, to: time });
  };
  const onUp = () => {
    const chosen = brush && brushed(brush.from, brush.to, stepMs);
    setBrush(null);
    if (chosen) onRange?.(chosen.from, chosen.to);
  };
  return (
    <figure className={classes.chart} aria-label={label}>
      <div className={classes.head}>
        <h2>{label}</h2>
        <span className={classes.reading}>
          {at === null
            ? ''
            : [
                tickText(at, range),
                ...shown.map(({ name, points }) => {
                  const value = points.find((point) => point.at === at)?.value;
                  return `${name} ${value === undefined ? '–' : format(value)}`;
                }),
              ].join(' · ')}
        </span>
        <SegmentedControl
          size="xs"
          aria-label={`${label} as`}
          value={form}
          onChange={setForm}
          data={[
            { value: 'picture', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </div>
      {form === 'table' ? (
        <SeriesTable label={label} series={shown} format={format} />
      ) : (
        <div
          ref={ref}
          className={classes.frame}
          onPointerMove={onMove}
          onPointerDown={onDown}
          onPointerUp={onUp}
          onPointerLeave={() => {
            setAt(null);
            setBrush(null);
          }}
        >
          <svg width={width} height={height} role="img" aria-label={summary(label, shown, format)}>
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line x1={left} x2={left + plot} y1={y(part * most)} y2={y(part * most)} />
                <text className={classes.scale} x={left - 8} y={y(part * most) + 4}>
                  {format(part * most)}
                </text>
              </g>
            ))}
            {timeTicks(range, Math.max(2, Math.floor(plot / 110))).map((tick) => (
              <text key={tick} className={classes.tick} x={x(tick)} y={height - 4}>
                {tickText(tick, range)}
              </text>
            ))}
            {shown.map(({ name, points }, i) => (
              <g key={name} className={classes.series} data-nth={i}>
                {runsOf(points, stepMs).map((run) =>
                  run.length === 1 && run[0] ? (
                    <circle key={run[0].at} cx={x(run[0].at)} cy={y(run[0].value)} r="2" />
                  ) : (
                    <path
                      key={run[0]?.at}
                      strokeDasharray={dashes[i]}
                      d={`M${run.map((p) => `${x(p.at).toFixed(1)} ${y(p.value).toFixed(1)}`).join('L')}`}
                    />
                  ),
                )}
              </g>
            ))}
            {shown.length > 1
              ? namesAtEnd(shown, y).map(({ name, at: end, nth }) => (
                  <text
                    key={name}
                    className={classes.name}
                    data-nth={nth}
                    x={left + plot + 8}
                    y={end + 4}
                  >
                    {name.length > 13 ? `${name.slice(0, 12)}…` : name}
                  </text>
                ))
              : null}
            {brush ? (
              <rect
                className={classes.brush}
                x={Math.min(x(brush.from), x(brush.to))}
                width={Math.abs(x(brush.to) - x(brush.from))}
                y={top}
                height={height - bottom - top}
              />
            ) : null}
            {at === null ? null : (
              <line className={classes.hair} x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />
            )}
          </svg>
        </div>
      )}
    </figure>
  );
}

type TableProps = Pick<Props, 'label' | 'series' | 'format'>;

function SeriesTable({ label, series, format }: TableProps) {
  const times = [...new Set(series.flatMap(({ points }) => points.map((p) => p.at)))].sort(
    (a, b) => b - a,
  );
  return (
    <div className={classes.tableFrame} tabIndex={0} role="group" aria-label={`${label}, table`}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time) => (
            <tr key={time}>
              <td>{formatClock(new Date(time).toISOString()).slice(0, 8)}</td>
              {series.map(({ name, points }) => {
                const value = points.find((point) => point.at === time)?.value;
                return <td key={name}>{value === undefined ? '–' : format(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whole steps around what was dragged over, either way; less than two steps was a click. */
export function brushed(a: number, b: number, stepMs: number) {
  const from = Math.floor(Math.min(a, b) / stepMs) * stepMs;
  const to = Math.ceil(Math.max(a, b) / stepMs) * stepMs;
  return Math.abs(a - b) < 2 * stepMs ? null : { from, to };
}

/** Parts without a hole: a line must not run across what was not measured. */
export function runsOf(points: Series['points'], stepMs: number): Series['points'][] {
  const runs: { at: number; value: number }[][] = [];
  for (const point of points) {
    const last = runs.at(-1)?.at(-1);
    if (last && point.at - last.at <= stepMs * 1.5) runs.at(-1)?.push(point);
    else runs.push([point]);
  }
  return runs;
}

/** 1, 2 or 5 times a power of ten, at least the value. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((one) => one * power >= value) ?? 10) * power;
}

/** Names beside the ends of their lines, pushed apart where they would lie on each other. */
function namesAtEnd(series: readonly Series[], y: (value: number) => number) {
  const ends = series
    .map(({ name, points }, nth) => ({ name, nth, at: y(points.at(-1)?.value ?? 0) }))
    .sort((a, b) => a.at - b.at);
  let last = -Infinity;
  for (const end of ends) {
    end.at = Math.max(end.at, last + 13);
    last = end.at;
  }
  const over = Math.max(0, last - (height - bottom));
  return ends.map((end) => ({ ...end, at: end.at - over }));
}

function summary(label: string, series: readonly Series[], format: Props['format']): string {
  const parts = series.map(({ name, points }) => {
    const newest = points.at(-1)?.value;
    return `${name} ${newest === undefined ? 'nothing' : `${format(newest)} last, ${format(Math.max(...points.map((p) => p.value)))} at most`}`;
  });
  return `${label}: ${parts.join('; ')}`;
}
