/**
 * Splits a command line into arguments the way people expect: white space separates, quotes keep together, a backslash
 * keeps the next character. Nothing is expanded, because no shell will see it.
 */
export function splitCommand(line: string): string[] {
  const args: string[] = [];
  let current: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i += 1) {
    const char = line.charAt(i);
    if (char === '\\' && quote !== "'" && i + 1 < line.length) {
      i += 1;
      current = (current ?? '') + line.charAt(i);
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else current = (current ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      current ??= '';
    } else if (/\s/.test(char)) {
      if (current !== null) args.push(current);
      current = null;
    } else {
      current = (current ?? '') + char;
    }
  }
  if (current !== null) args.push(current);
  return args;
}

/** The inverse, for showing a command. */
export const joinCommand = (args: readonly string[]): string =>
  args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
