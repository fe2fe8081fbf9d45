import { formatClock, formatDuration } from '../format';
import { useWidth } from '../useWidth';
import classes from './ScatterPlot.module.css';
import { tickText, timeTicks } from './ticks';

export type Point = {
  key: string;
  /** ms since the epoch */
  at: number;
  /** ms; null: it failed, and stands at the top. */
  took: number | null;
  title: string;
};

type Props = { label: string; points: readonly Point[] };

const height = 168;
const left = 64;
const bottom = 20;
const top = 26;

/** How long each took over time, on a log scale that keeps the fast and the slow readable; failures above all. */
export function ScatterPlot({ label, points }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const times = points.map((point) => point.at);
  const range = { from: Math.min(...times), to: Math.max(...times) };
  if (range.to - range.from < 1_000) range.from = range.to - 1_000;
  const decades = decadesOf(points.flatMap((point) => point.took ?? []));
  const [low = 1, high = 10] = [decades[0], decades.at(-1)];
  const plot = Math.max(1, width - left - 12);
  const x = (at: number) => left + 6 + ((at - range.from) / (range.to - range.from)) * (plot - 12);
  const y = (ms: number) => {
    const part =
      (Math.log10(Math.max(ms, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));
    return height - bottom - part * (height - bottom - top);
  };
  const failed = points.filter((point) => point.took === null).length;
  return (
    <div ref={ref} className={classes.frame}>
      <svg
        className={classes.plot}
        width={width}
        height={height}
        role="img"
        aria-label={`${label}: ${points.length} points, ${failed} failed`}
      >
        {decades.map((ms) => (
          <g key={ms}>
            <line x1={left} x2={width} y1={y(ms)} y2={y(ms)} />
            <text className={classes.scale} x={left - 8} y={y(ms) + 4}>
              {formatDuration(ms)}
            </text>
          </g>
        ))}
        {failed > 0 ? (
          <text className={classes.scale} x={left - 8} y={14}>
            failed
          </text>
        ) : null}
        {timeTicks(range, Math.max(2, Math.floor(plot / 110))).map((tick) => (
          <text key={tick} className={classes.tick} x={x(tick)} y={height - 4}>
            {tickText(tick, range)}
          </text>
        ))}
        {points.map((point) =>
          point.took === null ? (
            <path key={point.key} className={classes.cross} d={`M${x(point.at) - 4} 6l8 8m0-8-8 8`}>
              <title>{titleOf(point)}</title>
            </path>
          ) : (
            <circle
              key={point.key}
              className={classes.dot}
              cx={x(point.at)}
              cy={y(point.took)}
              r={3}
            >
              <title>{titleOf(point)}</title>
            </circle>
          ),
        )}
      </svg>
    </div>
  );
}

const titleOf = (point: Point) =>
  `${formatClock(new Date(point.at).toISOString())}: ${point.title}`;

/** The powers of ten that hold all values, at least one decade. */
export function decadesOf(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [1, 10];
  const first = Math.floor(Math.log10(Math.min(...positive)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...positive))));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}
