import { afterEach, describe, expect, it } from 'vitest';
import { positionOf, socketUrl } from './socketUrl';

afterEach(() => {
  document.querySelector('base')?.remove();
});

describe('socketUrl', () => {
  it('keeps the query and adds the resume point', () => {
    expect(socketUrl('/api/ws/events?provider_id=math', 42)).toBe(
      'ws://hangar.test/api/ws/events?provider_id=math&since=42',
    );
  });

  it('replaces the tail length by the resume point', () => {
    expect(socketUrl('api/ws/providers/math/logs?lines=100', 7)).toBe(
      'ws://hangar.test/api/ws/providers/math/logs?since=7',
    );
  });

  it('lives below the base of the page', () => {
    const base = document.createElement('base');
    base.href = '/ops/';
    document.head.append(base);
    expect(socketUrl('/api/ws/state', null)).toBe('ws://hangar.test/ops/api/ws/state');
  });
});

describe('positionOf', () => {
  it.each([
    [{ event_type: 'X', position: 5 }, 5],
    [{ line: 'x', seq: 9 }, 9],
    [{ type: 'reset', head: 3, position: 99 }, 3],
    [{ type: 'subscribed' }, null],
    ['text', null],
    [null, null],
  ])('of %j is %j', (message, position) => {
    expect(positionOf(message)).toBe(position);
  });
});
