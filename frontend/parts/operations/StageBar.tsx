import { formatDuration } from '../../ui/format';
import type { Stage } from './stages';
import classes from './StageBar.module.css';
import { shown } from '../../ui/shown';

type Props = {
  label: string;
  stages: readonly Stage[];
  now: number;
  /** What the whole width stands for, in ms, so that several bars can be compared. */
  ofMs?: number;
};

/** Stages one after the other, as wide as they were long; each kind has its own shade and place in the legend. */
export function StageBar({ label, stages, now, ofMs }: Props) {
  const took = (stage: Stage) => Math.max(0, (stage.to ?? now) - stage.from);
  const total = stages.reduce((sum, stage) => sum + took(stage), 0);
  const whole = Math.max(ofMs ?? total, 0.001);
  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={`${label}: ${stages
        .map((stage) => `${stage.name} ${formatDuration(took(stage))}`)
        .join(', ')}`}
    >
      {stages.map((stage, i) => (
        <span
          key={`${stage.name} ${stage.from}`}
          className={classes.part}
          data-shade={i % 5}
          data-open={stage.to === null || undefined}
          style={{ width: `${(took(stage) / whole) * 100}%` }}
          title={shown(
            `${stage.name}: ${formatDuration(took(stage))}${stage.message ? `, ${stage.message}` : ''}`,
          )}
        />
      ))}
    </div>
  );
}

type LegendProps = { stages: readonly Stage[]; now: number };

/** The same in words, with the same shades. */
export function StageList({ stages, now }: LegendProps) {
  return (
    <ol className={classes.list}>
      {stages.map((stage, i) => (
        <li key={`${stage.name} ${stage.from}`}>
          <span className={classes.swatch} data-shade={i % 5} />
          <span>{stage.name}</span>
          <span className={classes.message}>{shown(stage.message)}</span>
          <span className="num">{formatDuration(Math.max(0, (stage.to ?? now) - stage.from))}</span>
        </li>
      ))}
    </ol>
  );
}
