import { describe, expect, it } from 'vitest';
import { draw, minuteWords, sentence, tall, type Beat } from './beats';

const ready: Beat = { calls: 0, failed: 0, tone: 'good', word: 'ready' };
const dead: Beat = { calls: 0, failed: 0, tone: 'bad', word: 'dead' };
const absent: Beat = { calls: 0, failed: 0, tone: 'idle', word: null };

describe('a heartbeat', () => {
  it('is as tall as there are calls, on a scale that all rows share', () => {
    expect(tall(0)).toBe(0);
    expect(tall(10)).toBeGreaterThan(tall(1));
    expect(tall(999)).toBeCloseTo(1);
    expect(tall(1_000_000)).toBe(1);
  });

  it('draws each tone once, and nothing where nothing was', () => {
    const { tones, notches } = draw([absent, ready, dead, ready]);
    expect(Object.keys(tones).sort()).toEqual(['bad', 'good']);
    expect(notches).toBe('');
    expect(draw([absent]).tones).toEqual({});
  });

  it('has a notch above every minute with a failure', () => {
    expect(draw([{ ...ready, calls: 2, failed: 1 }, ready]).notches.match(/M/g)).toHaveLength(1);
  });

  it('is told in a sentence', () => {
    expect(sentence([absent, ready])).toBe('2 minutes: no calls');
    expect(sentence([dead, dead, { ...ready, calls: 1, failed: 1 }])).toBe(
      '3 minutes: 1 call, 1 with failures, dead for 2',
    );
  });

  it('tells each minute', () => {
    expect(minuteWords(absent, '14:05')).toBe('14:05: was not there');
    expect(minuteWords({ ...ready, calls: 12, failed: 2 }, '14:05')).toBe(
      '14:05: 12 calls, 2 failed, ready',
    );
  });
});
