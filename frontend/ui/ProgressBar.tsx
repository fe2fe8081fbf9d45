import type { Tone } from './tokens';
import classes from './ProgressBar.module.css';

type Props = {
  /** 0..1; null: nobody knows how far it is. */
  value: number | null;
  label: string;
  tone?: Tone;
};

export function ProgressBar({ value, label, tone = 'busy' }: Props) {
  const share = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share ?? undefined}
      className={classes.track}
      data-tone={tone}
      data-unknown={share === null || undefined}
    >
      <span style={{ width: share === null ? '100%' : `${share}%` }} />
    </div>
  );
}
