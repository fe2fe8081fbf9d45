import { describe, expect, it } from 'vitest';
import {
  filterKey,
  headerOf,
  matching,
  nothing,
  orderOf,
  picked,
  range,
  toggle,
  toggleAll,
  under,
  type Filter,
} from './selection';

const all: Filter = { text: '', states: [], faults: false };
const key = filterKey(all);
const rows = ['a', 'b', 'c', 'd'];
const mark = (...ids: string[]) => ids.reduce((s, id) => toggle(s, id, rows), nothing(key));

describe('the selection', () => {
  it('marks a row and takes the mark away', () => {
    expect(picked(mark('c', 'a'), rows)).toEqual(['a', 'c']);
    expect(picked(mark('c', 'a', 'c'), rows)).toEqual(['a']);
  });

  it('marks a range from the last mark on, in either direction', () => {
    expect(picked(range(mark('b'), 'd', rows), rows)).toEqual(['b', 'c', 'd']);
    expect(picked(range(mark('c'), 'a', rows), rows)).toEqual(['a', 'b', 'c']);
    expect(picked(range(mark('a', 'c'), 'd', rows), rows)).toEqual(['a', 'c', 'd']);
  });

  it('marks one row where there is nothing that a range could begin at', () => {
    expect(picked(range(nothing(key), 'b', rows), rows)).toEqual(['b']);
    expect(picked(range(mark('x'), 'b', rows), rows)).toEqual(['b']);
  });

  it('goes from the head to all, and back to none', () => {
    expect(headerOf(nothing(key), rows)).toBe('none');
    expect(headerOf(mark('a'), rows)).toBe('some');
    const every = toggleAll(mark('a'), rows);
    expect(headerOf(every, rows)).toBe('all');
    expect(headerOf(toggleAll(every, rows), rows)).toBe('none');
    expect(headerOf(nothing(key), [])).toBe('none');
  });

  it('lets one be taken out of all that match', () => {
    const without = toggle(matching(nothing(key)), 'b', rows);
    expect(picked(without, rows)).toEqual(['a', 'c', 'd']);
    expect(orderOf('stop', without, rows, all)).toEqual({
      verb: 'stop',
      provider_ids: ['a', 'c', 'd'],
    });
  });

  it('does not act on what is gone, or out of sight', () => {
    expect(picked(mark('a', 'b'), ['b', 'c'])).toEqual(['b']);
    const other = filterKey({ ...all, text: 'x' });
    expect(picked(under(mark('a'), other), rows)).toEqual([]);
    expect(picked(under(matching(mark('a')), other), rows)).toEqual([]);
    expect(picked(under(mark('a'), filterKey({ ...all, text: '  ' })), rows)).toEqual(['a']);
  });

  it('sends ids for rows, and the filter for all that match', () => {
    expect(orderOf('start', mark('b', 'a'), rows, all)).toEqual({
      verb: 'start',
      provider_ids: ['a', 'b'],
    });
    const every = matching(nothing(key));
    expect(orderOf('stop', every, rows, all)).toEqual({ verb: 'stop', filter: {} });
    expect(
      orderOf('stop', every, rows, { text: ' eu ', states: ['dead', 'cold'], faults: true }),
    ).toEqual({
      verb: 'stop',
      filter: { search: 'eu', states: ['dead', 'cold'], attention: true },
    });
  });

  it('sends ids where only the page can judge the filter', () => {
    const every = matching(nothing(key));
    expect(orderOf('stop', every, ['a'], { ...all, here: 'mode' })).toEqual({
      verb: 'stop',
      provider_ids: ['a'],
    });
  });

  it('says how many it means when what matches is deleted', () => {
    expect(orderOf('delete', matching(nothing(key)), rows, all)).toEqual({
      verb: 'delete',
      filter: {},
      expect: 4,
    });
    expect(orderOf('delete', mark('a'), rows, all)).toEqual({
      verb: 'delete',
      provider_ids: ['a'],
    });
  });
});
