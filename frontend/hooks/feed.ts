/** A growing list fed by REST first and a socket afterwards: the pure half. */

export type Gap = { dropped: number | null; since: string | null; reason: string };

export type FeedRow<T> =
  | { kind: 'item'; position: number; value: T }
  /** Something is missing here, and the reader is told. */
  | { kind: 'gap'; position: number; gap: Gap };

export type Feed<T> = {
  rows: FeedRow<T>[];
  /** Position of the newest item; everything up to it has been seen. */
  last: number;
  /** Items received since the feed began, also those that the cap has pushed out. */
  received: number;
};

export type Positioned<T> = { position: number; value: T };

export const emptyFeed = <T>(): Feed<T> => ({ rows: [], last: 0, received: 0 });

/** The first page, oldest first. */
export function feedFrom<T>(items: Positioned<T>[], head: number, cap: number): Feed<T> {
  const rows = items.map(({ position, value }): FeedRow<T> => ({ kind: 'item', position, value }));
  return { rows: rows.slice(-cap), last: head, received: items.length };
}

/** Adds what has not been seen; when nothing is new, the same feed. */
export function append<T>(feed: Feed<T>, incoming: FeedRow<T>[], cap: number): Feed<T> {
  let { last, received } = feed;
  const fresh: FeedRow<T>[] = [];
  for (const row of incoming) {
    if (row.kind === 'item') {
      if (row.position <= last) continue;
      last = row.position;
      received += 1;
    }
    fresh.push(row);
  }
  if (fresh.length === 0) return feed;
  return { rows: [...feed.rows, ...fresh].slice(-cap), last, received };
}

/** Reads a warning frame; null for every other frame. */
export function gapOf(message: unknown): { position: number; gap: Gap } | null {
  if (typeof message !== 'object' || message === null) return null;
  const frame = message as Record<string, unknown>;
  if (frame.type !== 'warning') return null;
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return {
    position: number(frame.position) ?? 0,
    gap: {
      dropped: number(frame.dropped),
      since: typeof frame.since === 'string' ? frame.since : null,
      reason: typeof frame.code === 'string' ? frame.code : 'warning',
    },
  };
}
