import type { Era, WireEntry } from '../../api/wire';
import { CopyButton } from '../../ui/CopyButton';
import { formatDuration } from '../../ui/format';
import { shown } from '../../ui/shown';
import classes from './Calls.module.css';
import type { Schema } from './schema';
import { entryText } from './wire';

type Props = { entries: readonly WireEntry[]; schema: Schema; era: Era | undefined };

/** The call as it went over the wire: requests, answers, headers and what came in between. */
export function WirePane({ entries, schema, era }: Props) {
  if (entries.length === 0) return null;
  const texts = entries.map((entry) => `${lineOf(entry)}\n${entryText(entry, schema)}`);
  return (
    <details className={classes.wire}>
      <summary>Protocol ({entries.length})</summary>
      <div className={classes.wireBody} role="group" aria-label="Protocol">
        <div className={classes.wireHead}>
          <p className="muted">
            Secrets are masked; what the browser adds, such as cookies, is left out.
            {era === undefined
              ? ' By REST a tool cannot ask for input while it runs: as MCP, of either revision, it can.'
              : null}
          </p>
          <CopyButton text={texts.join('\n\n')} label="Copy protocol" />
        </div>
        <ol>
          {entries.map((entry, i) => (
            <li key={i} data-way={entry.way}>
              <h4>
                <span>{lineOf(entry)}</span>
                <span className="muted num">{formatDuration(entry.at)}</span>
              </h4>
              <pre tabIndex={0} role="group" aria-label={`${lineOf(entry)}, ${i + 1}`}>
                {shown(entryText(entry, schema))}
              </pre>
            </li>
          ))}
        </ol>
      </div>
    </details>
  );
}

const lineOf = ({ way, title }: WireEntry) => `${way === 'sent' ? '→' : '←'} ${title}`;
