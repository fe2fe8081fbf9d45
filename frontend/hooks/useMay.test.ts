import { describe, expect, it } from 'vitest';
import { lacking, permits } from './useMay';

describe('permits', () => {
  it.each([
    ['everything', ['*:*'], 'provider:stop:math', true],
    ['all actions of the resource', ['provider:*'], 'provider:stop:*', true],
    ['the very permission', ['provider:stop'], 'provider:stop:math', true],
    ['one thing, of that thing', ['provider:stop:math'], 'provider:stop:math', true],
    ['one thing, of another', ['provider:stop:math'], 'provider:stop:web', false],
    ['one thing, of some', ['provider:stop:math'], 'provider:stop', true],
    ['one thing, of all', ['provider:stop:math'], 'provider:stop:*', false],
    ['a provider, of its tool', ['tool:invoke:math'], 'tool:invoke:math/add', true],
    ['a provider pattern, across the slash', ['tool:invoke:*a'], 'tool:invoke:math/la', false],
    ['a tool, of its neighbour', ['tool:invoke:math/add'], 'tool:invoke:math/sub', false],
    ['a pattern that fits', ['provider:stop:eu-*'], 'provider:stop:eu-1', true],
    ['a pattern that does not', ['provider:stop:eu-*'], 'provider:stop:us-1', false],
    ['an id with a colon in it', ['auth:update:group:devs'], 'auth:update:group:devs', true],
    ['another action', ['provider:read'], 'provider:stop', false],
    ['another resource', ['group:*'], 'provider:stop', false],
    ['nothing', [], 'provider:read', false],
  ])('%s', (_, granted, permission, want) => {
    expect(permits(granted, permission)).toBe(want);
  });

  it('names what is lacking, and nothing before it is known who asks', () => {
    expect(lacking(['provider:stop'], ['provider:stop:a', 'provider:start:a'])).toEqual([
      'provider:start:a',
    ]);
    expect(lacking(undefined, ['provider:start'])).toEqual([]);
    expect(lacking([], undefined)).toEqual([]);
  });
});
