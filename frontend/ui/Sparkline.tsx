import classes from './Sparkline.module.css';

type Props = {
  values: readonly number[];
  label: string;
  width?: number;
  height?: number;
  /** How many values fill the width; fewer begin at the right. */
  length?: number;
};

/** A line without axes, from zero; the newest value has a dot. */
export function Sparkline({ values, label, width = 160, height = 28, length = 60 }: Props) {
  const shown = values.slice(-length);
  const most = Math.max(...shown, 0) || 1;
  const step = (width - 6) / Math.max(1, length - 1);
  const points = shown.map((value, i) => ({
    x: width - 3 - (shown.length - 1 - i) * step,
    y: height - 3 - (value / most) * (height - 6),
  }));
  const last = points.at(-1);
  return (
    <svg
      className={classes.spark}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <line x1="0" x2={width} y1={height - 2.5} y2={height - 2.5} />
      {points.length > 1 ? (
        <path d={`M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`} />
      ) : null}
      {last ? <circle cx={last.x} cy={last.y} r="2.5" /> : null}
    </svg>
  );
}
