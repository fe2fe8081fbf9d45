/**
 * The address to dial for a connection's key. A key is a path below the page's base, with or without a leading slash:
 * `/api/ws/events` and `api/ws/events` are the same stream, also under a prefix.
 *
 * @param since last position or line number seen; the server sends everything after it
 */
export function socketUrl(key: string, since: number | null): string {
  const url = new URL(key.replace(/^\/+/, ''), document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (since !== null) {
    url.searchParams.set('since', String(since));
    url.searchParams.delete('lines'); // a tail and a resume point exclude each other
  }
  return url.toString();
}

/** Where a frame stands in its stream: events carry `position`, log lines `seq`. */
export function positionOf(message: unknown): number | null {
  if (typeof message !== 'object' || message === null) return null;
  const frame = message as { position?: unknown; seq?: unknown; type?: unknown; head?: unknown };
  if (frame.type === 'reset') return typeof frame.head === 'number' ? frame.head : null;
  const found = frame.position ?? frame.seq;
  return typeof found === 'number' ? found : null;
}

export const isReset = (message: unknown): boolean =>
  typeof message === 'object' &&
  message !== null &&
  (message as { type?: unknown }).type === 'reset';
