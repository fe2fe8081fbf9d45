import type { LogLine } from '../../api/types';
import type { FeedRow } from '../../hooks/feed';

// Colour codes mean a terminal; here they would only be noise. ECMA-48 CSI sequences.
// eslint-disable-next-line no-control-regex -- the escape character is what it looks for
const ansi = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

export const plain = (line: string): string => line.replace(ansi, '');

export type Level = 'error' | 'warn' | null;

/** A guess from the words that logs use, near the front, where they put it. */
export function levelOf(line: string): Level {
  const front = line.slice(0, 120);
  if (/\b(error|fatal|panic|critical|exception|traceback)\b/i.test(front)) return 'error';
  if (/\bwarn(ing)?\b/i.test(front)) return 'warn';
  return null;
}

export function matching(rows: readonly FeedRow<LogLine>[], text: string): FeedRow<LogLine>[] {
  const needle = text.toLowerCase();
  return rows.filter(
    (row) => row.kind === 'gap' || plain(row.value.line).toLowerCase().includes(needle),
  );
}

/** The pieces of a line around each match, matches at the odd places. */
export function split(line: string, text: string): string[] {
  if (text === '') return [line];
  const parts: string[] = [];
  const lower = line.toLowerCase();
  const needle = text.toLowerCase();
  let at = 0;
  for (;;) {
    const found = lower.indexOf(needle, at);
    if (found < 0) break;
    parts.push(line.slice(at, found), line.slice(found, found + needle.length));
    at = found + needle.length;
  }
  parts.push(line.slice(at));
  return parts;
}

export function asText(rows: readonly FeedRow<LogLine>[]): string {
  return rows
    .map((row) =>
      row.kind === 'gap'
        ? `--- ${row.gap.dropped ?? 'some'} lines dropped here ---\n`
        : `${row.value.timestamp} ${row.value.line}\n`,
    )
    .join('');
}
