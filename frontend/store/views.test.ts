import { beforeEach, describe, expect, it } from 'vitest';
import { forgetView, readViews, sameView, saveView, viewOf, viewsStore } from './views';

beforeEach(() => {
  localStorage.clear();
  viewsStore.setState({ views: {} });
});

describe('saved views', () => {
  it('keep filter, order and range, and nothing of the moment', () => {
    expect(viewOf({ q: 'math', sort: '-calls', sel: 'x', add: '1', state: '' })).toEqual({
      q: 'math',
      sort: '-calls',
    });
  });

  it('are kept by page, and a name means its newest view', () => {
    saveView('/providers', { name: 'mine', search: { q: 'a' } });
    saveView('/providers', { name: 'mine', search: { q: 'b' } });
    saveView('/tools', { name: 'mine', search: { q: 'c' } });
    expect(readViews(JSON.parse(localStorage.getItem('hangar-views') ?? ''))).toEqual({
      '/providers': [{ name: 'mine', search: { q: 'b' } }],
      '/tools': [{ name: 'mine', search: { q: 'c' } }],
    });
    forgetView('/providers', 'mine');
    expect(viewsStore.getState().views['/providers']).toEqual([]);
  });

  it('that are not ours are not read', () => {
    expect(readViews('x')).toEqual({});
    expect(readViews({ '/a': [{ name: 1 }, null, { name: 'x', search: { q: 2 } }] })).toEqual({
      '/a': [],
    });
  });

  it('are the same when they say the same', () => {
    expect(sameView({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true);
    expect(sameView({ a: '1' }, {})).toBe(false);
  });
});
