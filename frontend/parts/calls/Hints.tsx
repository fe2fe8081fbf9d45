import classes from './Calls.module.css';
import { isRecord } from './schema';

const hintWords: Record<string, [on: string, off: string]> = {
  readOnlyHint: ['read-only', 'writes'],
  destructiveHint: ['destructive', 'not destructive'],
  idempotentHint: ['idempotent', 'not idempotent'],
  openWorldHint: ['reaches outside', 'closed world'],
};

/** What the server claims about the tool (MCP annotations); claims, not guarantees. */
export function Hints({ annotations }: { annotations: unknown }) {
  if (!isRecord(annotations)) return null;
  const words = Object.entries(hintWords).flatMap(([key, [on, off]]) => {
    const value = annotations[key];
    return typeof value === 'boolean' ? [value ? on : off] : [];
  });
  if (words.length === 0) return null;
  return (
    <ul className={classes.hints} aria-label="Hints by the server">
      {words.map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ul>
  );
}
