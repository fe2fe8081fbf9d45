import { describe, expect, it } from 'vitest';
import {
  keepRange,
  lastPatch,
  parseRange,
  rangeText,
  readRange,
  shifted,
  windowPatch,
  zoomedOut,
} from './range';

const minute = 60_000;
const now = Date.parse('2026-11-25T12:00:00Z');
const hourOf = (patch: { range: string; from: string; to: string }) => parseRange(patch);

describe('the range in the address', () => {
  it('is the last hour when nothing is said, or nonsense', () => {
    expect(parseRange({}).key).toBe('1h');
    expect(parseRange({ range: 'ages' }).key).toBe('1h');
    expect(parseRange({ from: 'x', to: 'y' }).window).toBeNull();
  });

  it('is between two moments when both are given in their order', () => {
    const { window, minutes } = parseRange(windowPatch(now - 30 * minute, now));
    expect(window).toEqual({ from: now - 30 * minute, to: now });
    expect(minutes).toBe(30);
    expect(parseRange(windowPatch(now, now - minute)).window).toBeNull();
  });

  it('goes back by half of itself, and follows the clock again once it has come back', () => {
    const back = hourOf(shifted(parseRange({}), -1, now));
    expect(back.window).toEqual({ from: now - 90 * minute, to: now - 30 * minute });
    expect(shifted(back, 1, now)).toEqual(lastPatch('1h'));
  });

  it('zooms out to the next longer one, or to twice as long and never beyond now', () => {
    expect(zoomedOut(parseRange({}), now).range).toBe('6h');
    expect(zoomedOut(parseRange({ range: '30d' }), now).range).toBe('30d');
    const wide = hourOf(zoomedOut(parseRange(windowPatch(now - 20 * minute, now)), now));
    expect(wide.window).toEqual({ from: now - 30 * minute, to: now });
  });

  it('survives being copied and pasted', () => {
    for (const url of [{}, { range: '7d' }, windowPatch(now - minute, now)] as Record<
      string,
      string
    >[]) {
      const range = parseRange(url);
      expect(parseRange({ ...readRange(rangeText(range)) })).toEqual(range);
    }
    for (const text of ['', 'now-2y', 'hello', '2026-01-02..2026-01-01']) {
      expect(readRange(text)).toBeNull();
    }
  });

  it('takes nothing else along', () => {
    expect(keepRange({ range: '6h', q: 'math', from: undefined })).toEqual({ range: '6h' });
  });
});
