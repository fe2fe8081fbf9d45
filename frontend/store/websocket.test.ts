import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { socketOf, socketsOf } from '../testing/fakeSocket';
import { onMessage, websocketStore } from './websocket';

const url = 'api/ws/events';
const { connect, disconnect, reconnectAll } = websocketStore.getState();
const connection = (key = url) => websocketStore.getState().connections[key];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0); // no jitter
});

afterEach(() => {
  for (const key of Object.keys(websocketStore.getState().connections)) {
    while (connection(key)) disconnect(key);
  }
});

describe('the WebSocket store', () => {
  it('shares one connection per URL and closes it after the last user', () => {
    connect(url);
    connect(url);
    expect(socketsOf()).toHaveLength(1);
    disconnect(url);
    expect(socketOf(url).closed).toBe(false);
    disconnect(url);
    expect(socketOf(url).closed).toBe(true);
    expect(connection()).toBeUndefined();
  });

  it('gives every message to every listener, also between renders, and shows the last one', () => {
    const seen: unknown[] = [];
    const off = onMessage(url, (message) => seen.push(message));
    connect(url);
    const frames = Array.from({ length: 500 }, (_, i) => ({ position: i + 1 }));
    socketOf(url)
      .accept()
      .say(...frames);
    expect(seen).toEqual(frames);
    vi.advanceTimersByTime(100);
    expect(connection()).toMatchObject({ status: 'open', lastMessage: { position: 500 } });
    off();
  });

  it('resumes after the last position when the connection breaks', () => {
    connect(url);
    socketOf(url).accept().say({ position: 41 }, { position: 42 }).drop();
    expect(connection()).toMatchObject({ status: 'reconnecting', attempts: 1 });
    vi.advanceTimersByTime(999);
    expect(socketsOf()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(socketOf(url).url).toContain('since=42');
  });

  it('starts after the position that it is given', () => {
    connect(url, { since: 7 });
    expect(socketOf(url).url).toContain('since=7');
  });

  it('takes the position of a reset, even when that is lower', () => {
    connect(url, { since: 900 });
    socketOf(url).accept().say({ type: 'reset', head: 3 }).drop();
    vi.advanceTimersByTime(1_000);
    expect(socketOf(url).url).toContain('since=3');
  });

  it('backs off while connections fail, and forgets that after a message', () => {
    connect(url);
    const waits = [1_000, 2_000, 4_000, 8_000];
    for (const [i, wait] of waits.entries()) {
      socketOf(url).drop();
      expect(connection()).toMatchObject({ attempts: i + 1, nextRetryAt: Date.now() + wait });
      vi.advanceTimersByTime(wait);
      expect(socketsOf()).toHaveLength(i + 2);
    }
    socketOf(url).accept().say({ position: 1 }).drop();
    expect(connection()).toMatchObject({ attempts: 1, nextRetryAt: Date.now() + 1_000 });
  });

  it('keeps backing off from a server that accepts and at once hangs up', () => {
    connect(url);
    for (const wait of [1_000, 2_000]) {
      socketOf(url).accept().drop();
      expect(connection()?.nextRetryAt).toBe(Date.now() + wait);
      vi.advanceTimersByTime(wait);
    }
  });

  it('counts a long quiet connection as a good one', () => {
    connect(url);
    socketOf(url).drop();
    vi.advanceTimersByTime(1_000);
    socketOf(url).accept();
    vi.advanceTimersByTime(60_000);
    socketOf(url).drop();
    expect(connection()?.attempts).toBe(1);
  });

  it.each(['online', 'focus'])('tries at once on %s', (name) => {
    connect(url);
    socketOf(url).drop();
    window.dispatchEvent(new Event(name));
    expect(socketsOf()).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    expect(socketsOf()).toHaveLength(2); // the waiting attempt is gone
  });

  it.each([1008, 4404])('does not come back after %i until it is told to', (code) => {
    connect(url);
    socketOf(url).accept().drop(code);
    vi.advanceTimersByTime(120_000);
    expect(connection()?.status).toBe('refused');
    expect(socketsOf()).toHaveLength(1);
    reconnectAll();
    expect(socketsOf()).toHaveLength(2);
  });

  it('ignores what a socket says after it was given up', () => {
    connect(url);
    const old = socketOf(url).accept();
    disconnect(url);
    connect(url);
    old.drop();
    expect(connection()?.status).toBe('connecting');
  });

  it('survives a frame that is not JSON', () => {
    connect(url);
    const socket = socketOf(url).accept();
    socket.onmessage?.({ data: '<html>' });
    socket.say({ position: 2 });
    expect(connection()?.lastMessage).toEqual({ position: 2 });
  });
});
