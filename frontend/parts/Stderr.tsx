import classes from './Stderr.module.css';
import { shown } from '../ui/shown';

type Props = { lines: readonly string[] };

const atMost = 50;

/** The last words of a provider that failed. */
export function Stderr({ lines }: Props) {
  if (lines.length === 0) return null;
  return (
    <figure>
      <figcaption className={classes.caption}>Last lines of stderr</figcaption>
      <pre className={classes.lines} tabIndex={0} role="group" aria-label="Last lines of stderr">
        {shown(lines.slice(-atMost).join('\n'))}
      </pre>
    </figure>
  );
}
