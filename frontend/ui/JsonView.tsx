import { useMemo } from 'react';
import { CopyButton } from './CopyButton';
import classes from './JsonView.module.css';
import { shownJson } from './shown';

type Props = { value: unknown; label: string };

const lexeme = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Pretty-printed JSON with quiet colours; long documents scroll inside. */
export function JsonView({ value, label }: Props) {
  const text = useMemo(
    () => (value === undefined ? 'undefined' : shownJson(JSON.stringify(value, null, 2))),
    [value],
  );
  const parts = useMemo(() => colour(text), [text]);
  return (
    <div className={classes.frame}>
      <pre className={classes.json} tabIndex={0} role="group" aria-label={label}>
        {parts}
      </pre>
      <div className={classes.copy}>
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  );
}

/** Beyond this, colour costs more than it tells. */
const colourUpTo = 20_000;

function colour(text: string): React.ReactNode[] {
  if (text.length > colourUpTo) return [text];
  const out: React.ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(lexeme)) {
    if (match.index > at) out.push(text.slice(at, match.index));
    const [whole, string, colon] = match;
    const kind = string === undefined ? classes.literal : colon ? classes.key : classes.string;
    out.push(
      <span key={match.index} className={kind}>
        {whole}
      </span>,
    );
    at = match.index + whole.length;
  }
  out.push(text.slice(at));
  return out;
}
