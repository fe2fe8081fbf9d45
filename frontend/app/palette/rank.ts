/** How well a text answers what was typed, or null. Every word typed has to be found, anywhere, in any order. */
export function score(typed: string, text: string): number | null {
  const lower = text.toLowerCase();
  let sum = 0;
  for (const word of typed.toLowerCase().split(/\s+/)) {
    if (word === '') continue;
    const found = wordScore(word, lower);
    if (found === null) return null;
    sum += found;
  }
  // Among equals the shorter text is more of an answer.
  return sum - text.length / 1_000;
}

function wordScore(word: string, text: string): number | null {
  const at = text.indexOf(word);
  if (at === 0) return 4;
  if (at > 0) return /[^a-z0-9]/.test(text[at - 1] ?? '') ? 3 : 2;
  return isSubsequence(word, text) ? 0.5 : null;
}

/** The letters in order, with others between: `flsys` for filesystem. Two letters would be found everywhere. */
function isSubsequence(word: string, text: string): boolean {
  if (word.length < 3) return false;
  let at = -1;
  for (const letter of word) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}

export function best<T extends { words: string }>(
  typed: string,
  items: readonly T[],
  count: number,
): T[] {
  const scored: { item: T; value: number }[] = [];
  for (const item of items) {
    const value = score(typed, item.words);
    if (value !== null) scored.push({ item, value });
  }
  return scored
    .sort((a, b) => b.value - a.value)
    .slice(0, count)
    .map(({ item }) => item);
}
