import { describe, expect, it } from 'vitest';
import { globMatches } from '../../hooks/glob';
import { isImplied, nameProblem, parsePermission, permissionOf } from './permissions';
import { meaning, selectPolicies } from './policies';
import { requestsOf } from './PolicyForm';

describe('a pattern', () => {
  it.each([
    ['*', 'a/b', true],
    ['read_*', 'read_file', true],
    ['read_*', 'write_file', false],
    ['db?', 'db1', true],
    ['db?', 'db12', false],
    ['db[1-3]', 'db2', true],
    ['db[!1-3]', 'db2', false],
    ['db[^x]', 'db^', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
    ['[z-a]', 'z', false],
    ['[open', '[open', true],
  ])('%s of %s: %s', (pattern, text, fits) => {
    expect(globMatches(pattern, text)).toBe(fits);
  });
});

describe('a permission', () => {
  it.each(['tool:invoke', 'tool:invoke:math/add', 'tool:invoke:a:b'])('%s comes back', (text) => {
    expect(permissionOf(parsePermission(text))).toBe(text);
  });

  it('is implied by a wider one for all, and not by itself or one for some', () => {
    expect(isImplied(['*:*'], 'tool', 'invoke')).toBe(true);
    expect(isImplied(['tool:*'], 'tool', 'invoke')).toBe(true);
    expect(isImplied(['tool:*'], 'tool', '*')).toBe(false);
    expect(isImplied(['tool:invoke', 'tool:*:math'], 'tool', 'invoke')).toBe(false);
  });

  it('is given by roles with names of their own', () => {
    expect(nameProblem('Admin', ['admin'], [])).toMatch('reserved');
    expect(nameProblem('ops', ['admin'], ['ops'])).toMatch('already');
    expect(nameProblem('-x', [], [])).toMatch('Letters');
    expect(nameProblem('ops', ['admin'], [])).toBeUndefined();
  });
});

describe('policies', () => {
  const one = {
    provider_id: 'math',
    tool_name: 'add',
    principal_id: '*',
    effect: 'deny' as const,
    exact: true,
    created_at: '',
  };

  it('say whom they are about', () => {
    expect(meaning('deny', one)).toBe(
      'everyone may not call add of math, whatever else allows it.',
    );
    expect(meaning('allow', { ...one, principal_id: 'role:agent', tool_name: 'r*' })).toMatch(
      'Of math, everyone with the role agent may call nothing but tools like r*',
    );
  });

  it('are narrowed by words and effect, and ordered', () => {
    const other = { ...one, provider_id: 'files', effect: 'allow' as const };
    const order = { key: 'provider', descending: false } as const;
    const all = [one, other];
    expect(selectPolicies(all, { text: '', effects: [], order })).toEqual([other, one]);
    expect(selectPolicies(all, { text: 'math add', effects: [], order })).toEqual([one]);
    expect(selectPolicies(all, { text: '', effects: ['allow'], order })).toEqual([other]);
  });

  it('that move are set anew before the old one goes', () => {
    expect(requestsOf(one, one).map(({ method }) => method)).toEqual(['PUT']);
    expect(requestsOf({ ...one, tool_name: 'sub' }, one).map(({ method }) => method)).toEqual([
      'PUT',
      'DELETE',
    ]);
  });
});
