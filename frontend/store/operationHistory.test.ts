import { describe, expect, it } from 'vitest';
import type { Operation } from '../api/types';
import { operation } from '../testing/factories';
import { leftMs, usualOf } from './operationHistory';

const start = (id: string, provider: string, seconds: number, more: Partial<Operation> = {}) =>
  operation.completed(id, {
    operation_type: 'provider_start',
    metadata: { provider_id: provider },
    started_at: 100,
    ended_at: 100 + seconds,
    ...more,
  });
const going = operation.running('now', {
  operation_type: 'provider_start',
  metadata: { provider_id: 'math' },
  started_at: 100,
});

describe('what is usual', () => {
  it('is the middle of three of the very same that ended well', () => {
    const past = [
      start('a', 'math', 9),
      start('b', 'math', 1),
      start('c', 'math', 3),
      start('d', 'math', 60, { status: 'error' }),
      start('e', 'web', 50),
    ];
    expect(usualOf([going, ...past], going)).toEqual({ ms: 3_000, of: 3 });
    expect(usualOf([...past.slice(0, 3), start('f', 'math', 5)], going)?.ms).toBe(4_000);
  });

  it('is that of the kind where the very same were too few, but not of other tools', () => {
    const others = ['a', 'b', 'c', 'd', 'e'].map((id, i) => start(id, `p${i}`, i + 1));
    expect(usualOf(others, going)).toEqual({ ms: 3_000, of: 5 });
    expect(usualOf(others.slice(1), going)).toBeNull();
    const call = operation.running('call', { metadata: { provider_id: 'm', tool_name: 'x' } });
    const calls = ['a', 'b', 'c', 'd', 'e'].map((id) =>
      operation.completed(id, { metadata: { provider_id: 'm', tool_name: id } }),
    );
    expect(usualOf(calls, call)).toBeNull();
  });
});

describe('what is left', () => {
  const usual = { ms: 30_000, of: 3 };
  it.each([
    ['by its own progress', { progress: 0.25 }, 110_000, 30_000],
    ['by what is usual before it tells any', { progress: 0 }, 110_000, 20_000],
    ['by what is usual in its first moments', { progress: 0.5 }, 101_000, 29_000],
    ['is not known beyond what is usual', { progress: 0 }, 140_000, null],
    ['is nothing when it has ended', { ended_at: 120 }, 110_000, null],
  ])('%s', (_, change, now, left) => {
    expect(leftMs({ ...going, ...change }, usual, now)).toBe(left);
  });

  it('is not known without either', () => {
    expect(leftMs(going, null, 110_000)).toBeNull();
  });
});
