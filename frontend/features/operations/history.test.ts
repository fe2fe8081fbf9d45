import { describe, expect, it } from 'vitest';
import { operation } from '../../testing/factories';
import { historyLanes, historyRange } from './history';

const one = (id: string, kind: string, from: number, to: number | null) =>
  operation.completed(id, { operation_type: kind, started_at: from, ended_at: to });

describe('operations over time', () => {
  it('have a lane per kind, and more where several went on at once', () => {
    const lanes = historyLanes(
      [
        one('a', 'tool_call', 10, 20),
        one('b', 'tool_call', 12, null),
        one('c', 'tool_call', 20, 22),
        one('d', 'import', 5, 6),
      ],
      30_000,
    );
    expect(lanes.map(({ label, spans }) => [label, spans.map(({ key }) => key).join()])).toEqual([
      ['Import', 'd'],
      ['Tool call', 'a,c'],
      ['', 'b'],
    ]);
    expect(lanes[2]?.spans[0]).toMatchObject({ from: 12_000, to: null, tone: 'busy' });
  });

  it('lie on top of each other from a depth on', () => {
    const lanes = historyLanes(
      ['a', 'b', 'c', 'd', 'e'].map((id) => one(id, 'x', 1, 9)),
      30_000,
    );
    expect(lanes.map(({ spans }) => spans.length)).toEqual([1, 1, 3]);
  });

  it('tell how it stood and why', () => {
    const cut = operation.failed('a', { error: 'interrupted', error_type: 'InterruptedError' });
    const lanes = historyLanes([cut, operation.failed('b')], 30_000);
    const notes = lanes.flatMap(({ spans }) => spans.map(({ tone, note }) => `${tone} ${note}`));
    expect(notes.sort()).toEqual(['bad error, exited with code 3', 'warn interrupted']);
  });

  it('reach from the first to now', () => {
    expect(historyRange([one('a', 'x', 100, 101)], 300_000)).toEqual({ from: 98_000, to: 302_000 });
    expect(historyRange([], 5_000)).toEqual({ from: 4_000, to: 6_000 });
  });
});
