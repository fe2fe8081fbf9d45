import { describe, expect, it } from 'vitest';
import { addressOf, chosenColumns, type Choice } from './columns';

const choices: readonly Choice[] = [
  { key: 'state', label: 'State', usual: true },
  { key: 'mode', label: 'Mode', usual: false },
  { key: 'calls', label: 'Calls', usual: true },
];

describe('the columns of a list', () => {
  it.each([
    ['the usual ones', undefined, undefined, ['state', 'calls']],
    ['what was kept', undefined, ['mode'], ['mode']],
    ['what was kept, if it is nothing', undefined, [], []],
    ['the address before what was kept', 'calls,mode', ['state'], ['mode', 'calls']],
    ['none at all', 'none', ['state'], []],
    ['what exists of the address', 'mode,gone', undefined, ['mode']],
    [
      'the usual ones when the address names nothing that exists',
      'gone',
      undefined,
      ['state', 'calls'],
    ],
    [
      'the usual ones when what was kept is of another version',
      undefined,
      'mode',
      ['state', 'calls'],
    ],
  ])('are %s', (_, address, kept, expected) => {
    expect(chosenColumns(choices, address, kept)).toEqual(expected);
  });

  it('stand in the address unless they are the usual ones', () => {
    expect(addressOf(choices, ['state', 'calls'])).toBe('');
    expect(addressOf(choices, ['mode'])).toBe('mode');
    expect(addressOf(choices, [])).toBe('none');
    expect(chosenColumns(choices, addressOf(choices, []), ['state'])).toEqual([]);
  });
});
