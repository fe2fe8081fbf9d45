import { Glyph } from './Glyph';
import type { Tone } from './tokens';
import classes from './ToneBadge.module.css';

type Props = { tone: Tone; label: string; large?: boolean };

/** A meaning in three voices: word, glyph, and a pattern in its colour. */
export function ToneBadge({ tone, label, large = false }: Props) {
  return (
    <span className={classes.badge} data-tone={tone} data-large={large || undefined}>
      <span className={classes.mark}>
        <Glyph tone={tone} size={large ? 13 : 11} />
      </span>
      <span className={classes.label}>{label}</span>
    </span>
  );
}
