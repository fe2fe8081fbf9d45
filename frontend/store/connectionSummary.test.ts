import { describe, expect, it } from 'vitest';
import { summarise } from './connectionSummary';
import type { WebSocketConnection } from './websocket';

const one = (change: Partial<WebSocketConnection>): WebSocketConnection => ({
  url: 'x',
  status: 'open',
  lastMessage: null,
  attempts: 0,
  nextRetryAt: null,
  lastPosition: null,
  ...change,
});

describe('the word about all connections', () => {
  it('is live only when all are open', () => {
    expect(summarise({ a: one({}), b: one({}) }, true)).toEqual({ kind: 'live' });
    expect(summarise({ a: one({}), b: one({ status: 'connecting' }) }, true).kind).toBe(
      'connecting',
    );
    expect(summarise({}, true).kind).toBe('connecting');
  });

  it('counts down to the next attempt and says after three that they fail', () => {
    const broken = { a: one({ status: 'reconnecting', attempts: 2, nextRetryAt: 500 }) };
    expect(summarise(broken, true)).toEqual({
      kind: 'reconnecting',
      retryAt: 500,
      attempts: 2,
      failing: false,
    });
    const worse = { ...broken, b: one({ status: 'reconnecting', attempts: 3, nextRetryAt: 90 }) };
    expect(summarise(worse, true)).toMatchObject({ retryAt: 90, failing: true });
  });

  it('blames the network when there is none', () => {
    expect(summarise({ a: one({}) }, false)).toEqual({ kind: 'offline' });
  });

  it('tells a refusal from an outage', () => {
    expect(summarise({ a: one({ status: 'refused' }) }, true).kind).toBe('refused');
  });
});
