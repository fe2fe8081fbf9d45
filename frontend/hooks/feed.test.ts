import { describe, expect, it } from 'vitest';
import { append, feedFrom, gapOf, type FeedRow } from './feed';

const item = (position: number): FeedRow<string> => ({
  kind: 'item',
  position,
  value: `line ${position}`,
});
const positions = (rows: FeedRow<string>[]) => rows.map((row) => row.position);
const start = (cap = 100) =>
  feedFrom(
    [1, 2, 3].map((position) => ({ position, value: `line ${position}` })),
    3,
    cap,
  );

describe('a feed', () => {
  it('adds what is new and leaves out what came by REST already', () => {
    const feed = append(start(), [item(2), item(3), item(4)], 100);
    expect(positions(feed.rows)).toEqual([1, 2, 3, 4]);
    expect(feed.received).toBe(4);
  });

  it('is the same object when nothing is new', () => {
    const feed = start();
    expect(append(feed, [item(1)], 100)).toBe(feed);
  });

  it('keeps no more than its cap and still counts all', () => {
    const feed = append(start(4), [item(4), item(5), item(6)], 4);
    expect(positions(feed.rows)).toEqual([3, 4, 5, 6]);
    expect(feed.received).toBe(6);
  });

  it('keeps a gap where it happened', () => {
    const gap = gapOf({
      type: 'warning',
      code: 'messages_dropped',
      dropped: 7,
      since: 'x',
      position: 3,
    });
    const feed = append(start(), [{ kind: 'gap', ...gap! }, item(11)], 100);
    expect(feed.rows.map((row) => row.kind)).toEqual(['item', 'item', 'item', 'gap', 'item']);
  });

  it('sees no gap in other frames', () => {
    expect(gapOf({ type: 'subscribed' })).toBeNull();
    expect(gapOf({ event_type: 'X', position: 3 })).toBeNull();
    expect(gapOf(null)).toBeNull();
  });
});
