/** Text from outside, made so that what is seen is what it is. What is sent back is always the text itself. */

// Controls, formats (direction, zero width, tags), odd line ends, and fillers without a shape. A zero width joiner in an emoji
// is what makes it one.
const unseen =
  /(?!\n|\t|\r\n)(?!(?<=\p{Extended_Pictographic}(?:[\u{1f3fb}-\u{1f3ff}]|\ufe0f)*)\u200d)(?:[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5)/gu;

const point = (char: string) =>
  (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

const mark = (char: string) => `[U+${point(char)}]`;

/** The text with everything in it that cannot be seen, or that turns what stands beside it, written out: `[U+202E]`. */
export const shown = (text: string): string => text.replace(unseen, mark);

const latin = /\p{Script=Latin}/u;
const twins = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu;

/** A name: letters of an alphabet that looks like Latin are marked, too, where they stand among Latin ones. */
export const shownName = (name: string): string => {
  const text = shown(name);
  return latin.test(name) ? text.replace(twins, (char) => `${char}${mark(char)}`) : text;
};

/** JSON with the same characters as escapes: it is the same value still, when it is copied. */
export const shownJson = (json: string): string =>
  json.replace(unseen, (char) =>
    Array.from(
      { length: char.length },
      (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
