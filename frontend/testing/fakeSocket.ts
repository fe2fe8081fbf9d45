import { act } from '@testing-library/react';
import { vi } from 'vitest';

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  constructor(readonly url: string) {
    opened.push(this);
  }

  /** The page hangs up. */
  close() {
    this.closed = true;
  }

  /** The server accepts. */
  accept(): this {
    act(() => this.onopen?.());
    return this;
  }

  /** The server sends frames. */
  say(...frames: unknown[]): this {
    act(() => {
      for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
    });
    return this;
  }

  /** The server, or the network, ends the connection. 1006 is what a browser reports for a lost network. */
  drop(code = 1006): this {
    this.closed = true;
    act(() => this.onclose?.({ code }));
    return this;
  }
}

let opened: FakeSocket[] = [];

export function installFakeSockets() {
  opened = [];
  vi.stubGlobal('WebSocket', FakeSocket);
}

/** All sockets dialled so far whose URL contains this text, oldest first. */
export const socketsOf = (part = ''): FakeSocket[] =>
  opened.filter(({ url }) => url.includes(part));

/** The newest of them. */
export function socketOf(part: string): FakeSocket {
  const found = socketsOf(part).at(-1);
  if (!found) throw new Error(`no socket was opened to ${part}`);
  return found;
}
