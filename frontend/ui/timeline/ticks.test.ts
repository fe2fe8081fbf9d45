import { describe, expect, it } from 'vitest';
import { shifted, tickText, timeTicks, zoomed } from './ticks';

const at = (text: string) => new Date(`2026-11-20T${text}`).getTime(); // local, as axes are
const range = (from: string, to: string) => ({ from: at(from), to: at(to) });

describe('a time axis', () => {
  it.each([
    ['10:00:03', '10:00:13', 5, ['10:00:04', '10:00:06', '10:00:08', '10:00:10', '10:00:12']],
    ['10:01:00', '10:29:00', 6, ['10:05', '10:10', '10:15', '10:20', '10:25']],
    ['08:00:00', '20:00:00', 4, ['09:00', '12:00', '15:00', '18:00']],
  ])('from %s to %s has round marks, at most %i', (from, to, count, texts) => {
    const shown = range(from, to);
    const marks = timeTicks(shown, count);
    expect(marks.map((mark) => tickText(mark, shown))).toEqual(texts);
  });

  it('of nothing has no marks', () => {
    expect(timeTicks({ from: 5, to: 5 }, 6)).toEqual([]);
  });

  it('names the day when it spans several', () => {
    const days = { from: at('10:00'), to: at('10:00') + 5 * 86_400_000 };
    expect(tickText(days.from, days)).toBe('20. 11. 10:00');
  });

  it('zooms around a point and moves by a part of itself', () => {
    expect(zoomed({ from: 0, to: 100 }, 0.5, 20)).toEqual({ from: 10, to: 60 });
    expect(shifted({ from: 0, to: 100 }, -0.25)).toEqual({ from: -25, to: 75 });
  });
});
