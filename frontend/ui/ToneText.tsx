import { Glyph } from './Glyph';
import type { Tone } from './tokens';
import classes from './ToneText.module.css';
import { shown } from './shown';

type Props = { tone: Tone | null; text: string };

/** A sentence with the glyph of its meaning in front; without a meaning, only the sentence. */
export function ToneText({ tone, text }: Props) {
  return (
    <span className={classes.line} title={shown(text)}>
      <span className={classes.mark} data-tone={tone ?? undefined}>
        {tone ? <Glyph tone={tone} size={9} /> : null}
      </span>
      <span className={classes.text}>{shown(text)}</span>
    </span>
  );
}
