import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatDuration, plural } from './format';

describe('formatDuration', () => {
  it.each([
    [0.143, '143 µs'],
    [0.9999, '1 ms'],
    [1.9, '1.9 ms'],
    [12.4, '12 ms'],
    [999.7, '1 s'],
    [5_000, '5 s'],
    [59_960, '1 min'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatAgo', () => {
  it.each([
    [500, 'now'],
    [12_000, '12 s ago'],
    [180_000, '3 min ago'],
    [7_200_000, '2 h ago'],
    [345_600_000, '4 d ago'],
    [-5_000, 'now'], // the server's clock may be ahead
  ])('%d ms before now reads %s', (ms, text) => {
    expect(formatAgo(1_000_000_000, 1_000_000_000 + ms)).toBe(text);
  });
});

describe('small words', () => {
  it('counts and measures', () => {
    expect(plural(1, 'tool')).toBe('1 tool');
    expect(plural(1_204, 'match', 'matches')).toBe('1,204 matches');
    expect(formatBytes(2_048)).toBe('2.0 KiB');
  });
});
