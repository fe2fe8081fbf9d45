import { describe, expect, it } from 'vitest';
import { best, score } from './rank';

const of = (typed: string, ...texts: string[]) =>
  best(
    typed,
    texts.map((words) => ({ words })),
    10,
  ).map(({ words }) => words);

describe('what the palette finds', () => {
  it('puts beginnings before word beginnings before middles before scattered letters', () => {
    expect(of('file', 'profile', 'my-file', 'filesystem', 'f-i-l-e')).toEqual([
      'filesystem',
      'my-file',
      'profile',
      'f-i-l-e',
    ]);
  });

  it('wants every word, in any order', () => {
    expect(of('math stop', 'Stop math', 'Stop files', 'Start math')).toEqual(['Stop math']);
  });

  it('prefers the shorter of two equals', () => {
    expect(of('math', 'mathematics', 'math')).toEqual(['math', 'mathematics']);
  });

  it('does not find two letters scattered anywhere', () => {
    expect(score('ms', 'my server')).toBeNull();
    expect(score('', 'anything')).not.toBeNull();
  });
});
