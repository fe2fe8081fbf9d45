import { shown } from '../../ui/shown';

// Colour codes mean a terminal; here they would only be noise. ECMA-48 CSI sequences. What else cannot be seen is marked.
// eslint-disable-next-line no-control-regex -- the escape character is what it looks for
const ansi = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

export const plain = (line: string): string => shown(line.replace(ansi, ''));

export type Level = 'error' | 'warn' | null;

/** A guess from the words that logs use, near the front, where they put it. */
export function levelOf(line: string): Level {
  const front = line.slice(0, 120);
  if (/\b(error|fatal|panic|critical|exception|traceback)\b/i.test(front)) return 'error';
  if (/\bwarn(ing)?\b/i.test(front)) return 'warn';
  return null;
}
