import { describe, expect, it } from 'vitest';
import { event, group, member } from '../../testing/factories';
import { availability, selectGroups } from './list';
import { rangeOf, rotationLanes } from './rotation';

const out = { in_rotation: false };
const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, '0')}.000000Z`;
const health = (second: number, id: string, isIn: boolean, reason: string) =>
  event(second, 'GroupMemberHealthChanged', '', {
    group_id: 'pool',
    member_id: id,
    in_rotation: isIn,
    reason,
    timestamp: at(second),
  });

describe('the sentence of a group', () => {
  it.each([
    [group.healthy('g'), 'It has no members yet'],
    [
      group.healthy('g', member('a'), member('b'), member('c', out)),
      '2 of 3 members can be called; it can lose 1',
    ],
    [group.healthy('g', member('a')), '1 of 1 member can be called; it can lose none'],
    [
      group.partial('g', member('a'), member('b', out)),
      '1 of 2 members can be called, fewer than the 2 that it wants',
    ],
    [group.down('g', member('a', out)), 'No call gets through: 0 of 1 member can be called'],
  ])('says what gets through', (one, text) => {
    expect(availability(one)).toBe(text);
  });
});

describe('the order of groups', () => {
  const all = [
    group.healthy('b', member('m')),
    group.down('c', member('m', out)),
    group.partial('a', member('m')),
  ];
  const view = { text: '', states: [], order: { key: 'trouble', descending: false } } as const;

  it('puts trouble first', () => {
    expect(selectGroups(all, view).map((one) => one.group_id)).toEqual(['c', 'a', 'b']);
  });

  it('finds a group by its members too, and keeps the states chosen', () => {
    const more = [...all, group.healthy('d', member('special'))];
    expect(selectGroups(more, { ...view, text: 'SPECIAL' }).map((one) => one.group_id)).toEqual([
      'd',
    ]);
    expect(selectGroups(all, { ...view, states: ['healthy'] })).toHaveLength(1);
  });
});

describe('the rotation of a group', () => {
  const pool = group.healthy('pool', member('a'), member('b'));

  it('is a lane of spans per member, each ended by the next', () => {
    const [a] = rotationLanes(
      pool,
      [
        health(1, 'a', true, 'added'),
        health(5, 'a', false, 'dead'),
        health(9, 'a', true, 'ready'),
        event(7, 'GroupMemberHealthChanged', '', { group_id: 'other', member_id: 'a' }),
      ],
      0,
    );
    expect(a?.spans.map(({ label, note, from, to }) => [label, note, from, to])).toEqual([
      ['in', 'it joined the group', Date.parse(at(1)), Date.parse(at(5))],
      ['out', 'dead', Date.parse(at(5)), Date.parse(at(9))],
      ['in', 'ready', Date.parse(at(9)), null],
    ]);
  });

  it('takes a member of whom nothing is told for what it is', () => {
    const lanes = rotationLanes(pool, [], 1_000);
    expect(lanes.map((lane) => lane.spans)).toEqual([
      [{ key: 'now', from: 1_000, to: null, tone: 'good', label: 'in' }],
      [{ key: 'now', from: 1_000, to: null, tone: 'good', label: 'in' }],
    ]);
    expect(rangeOf(lanes, 101_000).from).toBe(1_000);
  });

  it('marks where a breaker changed', () => {
    const [, b] = rotationLanes(
      pool,
      [
        event(3, 'CircuitBreakerStateChanged', 'b', {
          group_id: 'pool',
          old_state: 'closed',
          new_state: 'open',
        }),
      ],
      0,
    );
    expect(b?.marks?.map((mark) => mark.label)).toEqual(['Breaker: closed → open']);
  });
});
