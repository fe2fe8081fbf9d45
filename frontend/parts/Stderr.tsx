import classes from './Stderr.module.css';

type Props = { lines: readonly string[] };

const shown = 50;

/** The last words of a provider that failed. */
export function Stderr({ lines }: Props) {
  if (lines.length === 0) return null;
  return (
    <figure>
      <figcaption className={classes.caption}>Last lines of stderr</figcaption>
      <pre className={classes.lines} tabIndex={0} role="group" aria-label="Last lines of stderr">
        {lines.slice(-shown).join('\n')}
      </pre>
    </figure>
  );
}
