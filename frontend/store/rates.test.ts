import { describe, expect, it } from 'vitest';
import { provider, snapshot } from '../testing/factories';
import { sample, totalsOf } from './rates';
import { fleetFrom } from './reduce';

describe('rates', () => {
  const nothing = { last: null, samples: [] };

  it('need two looks', () => {
    const once = sample(nothing, { at: 0, calls: 10, failures: 1 });
    expect(once.samples).toEqual([]);
    const twice = sample(once, { at: 5_000, calls: 60, failures: 1 });
    expect(twice.samples).toEqual([{ at: 5_000, calls: 10, failures: 0 }]);
  });

  it('do not go below nothing when a provider is removed', () => {
    const before = sample(nothing, { at: 0, calls: 100, failures: 5 });
    expect(sample(before, { at: 1_000, calls: 40, failures: 0 }).samples[0]).toMatchObject({
      calls: 0,
      failures: 0,
    });
  });

  it('keep ten minutes', () => {
    let rates = sample(nothing, { at: 0, calls: 0, failures: 0 });
    for (let i = 1; i <= 300; i += 1)
      rates = sample(rates, { at: i * 5_000, calls: i, failures: 0 });
    expect(rates.samples).toHaveLength(120);
    expect(rates.samples[0]?.at).toBe(181 * 5_000);
  });

  it('come from all providers', () => {
    const fleet = fleetFrom(
      snapshot(1, provider.ready('a', { calls_total: 3, calls_failed: 1 }), provider.cold('b')),
    );
    expect(totalsOf(fleet, 7)).toEqual({ at: 7, calls: 3, failures: 1 });
  });
});
