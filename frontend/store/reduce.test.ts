import { describe, expect, it } from 'vitest';
import { provider, snapshot } from '../testing/factories';
import { fleetFrom, isFleetFrame, reduce, type Fleet } from './reduce';

const start = (): Fleet => fleetFrom(snapshot(10, provider.cold('math'), provider.ready('files')));

describe('the picture of the fleet', () => {
  it('changes what a delta names and keeps every other row the same object', () => {
    const before = start();
    const after = reduce(before, {
      type: 'delta',
      position: 11,
      changed: [provider.ready('math')],
      removed: [],
    });
    expect(after.providers.math?.state).toBe('ready');
    expect(after.providers.files).toBe(before.providers.files);
    expect(after.position).toBe(11);
    expect(before.providers.math?.state).toBe('cold');
  });

  it('adds and removes', () => {
    const after = reduce(start(), {
      type: 'delta',
      position: 12,
      changed: [provider.cold('new')],
      removed: ['math'],
    });
    expect(Object.keys(after.providers).sort()).toEqual(['files', 'new']);
  });

  it('keeps its rows when a delta brings none', () => {
    const before = start();
    const after = reduce(before, { type: 'delta', position: 13, changed: [], removed: [] });
    expect(after.providers).toBe(before.providers);
  });

  it('is replaced by a snapshot', () => {
    const after = reduce(start(), { type: 'snapshot', position: 3, providers: [] });
    expect(after.providers).toEqual({});
  });

  it('knows its frames from others', () => {
    expect(isFleetFrame({ type: 'snapshot', position: 1, providers: [] })).toBe(true);
    for (const other of [null, 'x', { type: 'warning' }, { event_type: 'ProviderStarted' }]) {
      expect(isFleetFrame(other)).toBe(false);
    }
  });
});
