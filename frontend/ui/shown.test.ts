import { describe, expect, it } from 'vitest';
import { shown, shownJson, shownName } from './shown';

describe('what cannot be seen', () => {
  it.each([
    ['plain text, two lines\n\tand a tab\r\n', 'plain text, two lines\n\tand a tab\r\n'],
    ['send\u202eliam', 'send[U+202E]liam'],
    ['zero\u200bwidth', 'zero[U+200B]width'],
    ['\u0007\u001b[31m\u0000', '[U+0007][U+001B][31m[U+0000]'],
    ['line\u2028end\rover', 'line[U+2028]end[U+000D]over'],
    ['tag\u{e0041}', 'tag[U+E0041]'],
    ['filler\u3164', 'filler[U+3164]'],
    ['مرحبا', 'مرحبا'],
    ['👩‍💻 and 👩🏽‍💻', '👩‍💻 and 👩🏽‍💻'],
    ['a\u200db', 'a[U+200D]b'],
  ])('%j is shown as %s', (text, want) => {
    expect(shown(text)).toBe(want);
  });

  it.each([
    ['pay', 'pay'],
    ['\u0440ay', '\u0440[U+0440]ay'],
    ['\u043f\u043b\u0430\u0442\u0438\u0442\u044c', '\u043f\u043b\u0430\u0442\u0438\u0442\u044c'],
    ['naïve-Größe', 'naïve-Größe'],
    ['a\u202eb', 'a[U+202E]b'],
  ])('the name %j is shown as %s', (name, want) => {
    expect(shownName(name)).toBe(want);
  });

  it.each(['a\u202eb', 'tag\u{e0041}', 'plain'])('%j is the same value as JSON', (value) => {
    const json = shownJson(JSON.stringify(value));
    expect(JSON.parse(json)).toBe(value);
    expect(json).toBe(shown(json));
  });
});
