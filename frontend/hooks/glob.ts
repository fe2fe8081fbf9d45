/** Patterns as the server reads them: * for anything, ? for one character, [a-z] for one of these. */
export function globMatches(pattern: string, text: string): boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const c = pattern.charAt(i);
    const end = c === '[' ? pattern.indexOf(']', i + 2) : -1;
    if (c === '*') source += '.*';
    else if (c === '?') source += '.';
    else if (end > 0) {
      const inside = pattern.slice(i + 1, end).replace(/[\\\]^]/g, '\\$&');
      source += `[${inside.startsWith('!') ? `^${inside.slice(1)}` : inside}]`;
      i = end;
    } else source += c.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's').test(text);
  } catch {
    return false; // [z-a] and the like: the server says what is wrong with it
  }
}

export const isGlob = (text: string): boolean => /[*?[]/.test(text);
