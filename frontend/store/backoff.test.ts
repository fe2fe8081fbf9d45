import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './backoff';

const noJitter = () => 0;
const fullJitter = () => 0.9999;

describe('retryDelayMs', () => {
  it('doubles from one second up to thirty', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 50].map((n) => retryDelayMs(n, 1006, noJitter));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('shortens by at most half, so that many tabs spread', () => {
    expect(retryDelayMs(3, 1006, fullJitter)).toBeGreaterThanOrEqual(2_000);
  });

  it('comes back within two seconds after a planned restart, and backs off when that fails', () => {
    expect(retryDelayMs(1, 1012, () => 0.5)).toBe(1_000);
    expect(retryDelayMs(4, 1012, noJitter)).toBe(8_000);
  });

  it.each([1008, 4404])('never comes back after %i', (code) => {
    expect(retryDelayMs(1, code)).toBeNull();
  });
});
