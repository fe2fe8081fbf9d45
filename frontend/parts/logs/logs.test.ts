import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../api/types';
import { feedFrom } from '../../hooks/feed';
import { merge, type MergedRow } from '../../hooks/useMergedLogs';
import { logLine } from '../../testing/factories';
import { levelOf, plain } from './lines';
import { asText, countLevels, matcherOf, pieces, select } from './search';

const row = (seq: number, line: string, provider = 'math'): MergedRow => ({
  key: `${provider} item${seq}`,
  provider,
  row: { kind: 'item', position: seq, value: logLine(seq, line, provider) },
});
const gap: MergedRow = {
  key: 'gap',
  provider: 'math',
  row: { kind: 'gap', position: 1, gap: { dropped: 4, since: null, reason: 'messages_dropped' } },
};

describe('a log line', () => {
  it('loses its terminal colours', () => {
    expect(plain('\u001b[31mred\u001b[0m text')).toBe('red text');
  });

  it('has a level when it names one', () => {
    expect(levelOf('2026 ERROR something')).toBe('error');
    expect(levelOf('[warning] careful')).toBe('warn');
    expect(levelOf('terror and swarming')).toBeNull();
  });

  it('is split around matches of any case', () => {
    expect(pieces('abcABC', matcherOf('b', false)!)).toEqual(['a', 'b', 'cA', 'B', 'C']);
    expect(pieces('abc', matcherOf('', false)!)).toEqual(['abc']);
    expect(pieces('a.c abc', matcherOf('a.c', false)!)).toEqual(['', 'a.c', ' abc']);
  });

  it('is found by regular expression, and a broken one finds nothing', () => {
    expect(pieces('took 42 ms', matcherOf('\\d+', true)!)).toEqual(['took ', '42', ' ms']);
    expect(pieces('abc', matcherOf('x*', true)!)).toEqual(['abc']);
    expect(matcherOf('(', true)).toBeNull();
  });
});

describe('a search', () => {
  const all = ['a', 'b', 'hit 1', 'c', 'd', 'e', 'hit 2', 'f'].map((line, i) => row(i + 1, line));
  const filter = {
    matcher: matcherOf('hit', false)!,
    active: true,
    onlyMatches: true,
    around: 0,
    levels: [],
  };
  const lines = (rows: ReturnType<typeof select>['rows']) =>
    rows.map((one) => {
      if (one.skipped !== undefined) return one.skipped;
      return one.row.kind === 'item' ? one.row.value.line : 'gap';
    });

  it('marks, or leaves only what matches', () => {
    expect(select(all, { ...filter, onlyMatches: false }).rows).toHaveLength(8);
    const { rows, matches } = select(all, filter);
    expect(lines(rows)).toEqual(['hit 1', 'hit 2']);
    expect(matches).toBe(2);
  });

  it('shows matches in their context, and says what lies between', () => {
    expect(lines(select(all, { ...filter, around: 1 }).rows)).toEqual([
      1,
      'b',
      'hit 1',
      'c',
      1,
      'e',
      'hit 2',
      'f',
    ]);
  });

  it('is narrowed by level; gaps always stay', () => {
    const some = [row(1, 'ERROR x'), gap, row(2, 'fine'), row(3, 'WARN y')];
    expect(lines(select(some, { ...filter, active: false, levels: ['error'] }).rows)).toEqual([
      'ERROR x',
      'gap',
    ]);
    expect(countLevels(some)).toEqual({ error: 1, warn: 1, other: 1 });
  });

  it('is saved as it is seen, with names where there are several', () => {
    const { rows } = select([...all, gap], { ...filter, around: 1 });
    const text = asText(rows, true);
    expect(text).toContain('--- 1 lines not shown ---\n');
    expect(text).toContain('math hit 1\n');
    const whole = select([row(1, 'one'), gap], { ...filter, active: false });
    expect(asText(whole.rows, false)).toContain('one\n--- 4 lines dropped here ---');
  });
});

describe('several logs as one', () => {
  const at = (line: LogLine, second: number) => ({
    position: line.seq,
    value: { ...line, timestamp: `2026-11-20T10:00:0${second}.000000Z` },
  });
  const source = (...items: ReturnType<typeof at>[]) => ({
    feed: feedFrom(items, items.at(-1)?.position ?? 0, 100),
  });

  it('stand in the order of their times, each provider in its own', () => {
    const rows = merge(
      new Map([
        ['a', source(at(logLine(1, 'a1'), 1), at(logLine(2, 'a2'), 4))],
        ['b', source(at(logLine(1, 'b1'), 2), at(logLine(2, 'b2'), 1), at(logLine(3, 'b3'), 3))],
      ]),
    );
    expect(rows.map(({ row }) => row.kind === 'item' && row.value.line)).toEqual([
      'a1',
      'b1',
      'b2',
      'b3',
      'a2',
    ]);
  });
});
