import { describe, expect, it } from 'vitest';
import type { Operation } from '../../api/types';
import { operation, operationEvent, provider } from '../../testing/factories';
import { leftOf, outcomeOf } from './bulk';
import { linksOf } from './links';
import { measureOf } from './measure';
import { adviceOf, againActions } from './next';

const bulk = (make: typeof operation.failed, more: Partial<Operation> = {}) =>
  make('op-1', {
    operation_type: 'provider_bulk',
    metadata: { verb: 'restart', count: 4 },
    provider_ids: ['a', 'b', 'c', 'd'],
    provider_count: 4,
    ...more,
  });
const log = (position: number, message: string) =>
  operationEvent(position, 'log', { level: 'info', message });
const said = [
  log(1, 'a: done'),
  log(2, 'b: skipped, it is not running'),
  log(3, 'c: ProviderStartError: no such file: /x'),
  log(4, '1 done, 1 failed, 1 skipped'),
];

describe('a bulk', () => {
  it('tells what became of each before it has a result', () => {
    expect(outcomeOf(bulk(operation.running), said)).toMatchObject({
      done: ['a'],
      skipped: [{ provider_id: 'b', reason: 'it is not running' }],
      failed: [{ provider_id: 'c', error: 'ProviderStartError', message: 'no such file: /x' }],
      not_tried: ['d'],
      counts: { done: 1, failed: 1, skipped: 1, not_tried: 1 },
    });
  });

  it('has what failed to be retried, by its result', () => {
    const result = {
      ...outcomeOf(bulk(operation.completed), said),
      not_tried: [],
      failed: [
        { provider_id: 'c', error: 'E', message: '' },
        { provider_id: 'd', error: 'E', message: '' },
      ],
    };
    const events = [...said, operationEvent(9, 'result', { result })];
    expect(leftOf(bulk(operation.completed), events)).toEqual({
      ids: ['c', 'd'],
      label: 'Retry the 2 that failed',
    });
    const cut = [...said, operationEvent(9, 'result', { result: { ...result, truncated: true } })];
    expect(leftOf(bulk(operation.completed), cut).ids).toEqual(['c', 'd']); // d was not spoken of
  });

  it('is gone on with when something cut it off', () => {
    const cut = bulk(operation.failed, { error: 'interrupted', error_type: 'InterruptedError' });
    const begun: string[] = [];
    const situation = {
      operation: cut,
      events: said,
      provider: undefined,
      onBegun: (id: string) => begun.push(id),
    };
    const [action, ...others] = againActions(situation);
    expect(others).toEqual([]);
    expect(action).toMatchObject({
      verb: 'Do the 2 that are left',
      requests: [{ body: { verb: 'restart', provider_ids: ['c', 'd'] } }],
    });
    action?.then?.({ operation_id: 'next' });
    expect(begun).toEqual(['next']);
    expect(againActions({ ...situation, operation: bulk(operation.running) })).toEqual([]);
  });
});

describe('what to do after a bad end', () => {
  const situation = { events: [], provider: undefined, onBegun: () => undefined };
  const failed = (operation_type: string, metadata: object) =>
    operation.failed('op-1', { operation_type, metadata });
  const verbs = (one: Operation, of = situation as Parameters<typeof againActions>[0] | object) =>
    againActions({ ...situation, ...of, operation: one }).map((action) => action.verb);

  it('is to try again, where one can, or to look where one has to', () => {
    expect(
      verbs(failed('provider_start', { provider_id: 'math' }), { provider: provider.cold('math') }),
    ).toEqual(['Try again', 'Its log']);
    expect(verbs(failed('provider_start', { provider_id: 'gone' }))).toEqual([]);
    expect(verbs(failed('tool_call', {}))).toEqual(['Open in the playground']);
    expect(verbs(failed('config_reload', {}))).toEqual(['Open the configuration']);
    expect(verbs(failed('catalog_refresh', {}))).toEqual(['Try again']);
    expect(verbs(failed('discovery_scan', { source_id: 's' }))).toEqual(['Try again']);
    expect(verbs(failed('import', {}))).toEqual([]);
    expect(verbs(operation.completed('x'))).toEqual([]);
  });

  it('is said where its own words do not', () => {
    const cut = { error: 'interrupted', error_type: 'InterruptedError' };
    expect(adviceOf(operation.failed('x', cut))).toMatch(/nothing goes on by itself\.$/);
    expect(adviceOf(operation.failed('x', { ...cut, operation_type: 'import' }))).toMatch(
      /has to begin a new operation\.$/,
    );
    expect(adviceOf(operation.failed('x', { error_type: 'AbandonedError' }))).toMatch(/begun/);
    expect(adviceOf(operation.failed('x'))).toBe('');
  });
});

describe('an operation', () => {
  it.each([
    [{ bytes: 1_048_576, total_bytes: 10_485_760 }, '1.0 MiB of 10.0 MiB'],
    [{ progress: 5, total: 6_000 }, '5 of 6,000'],
    [{ progress: 5 }, ''],
    [{ bytes: 'x', total_bytes: 0 }, ''],
  ])('counts %j', (details, text) => {
    expect(
      measureOf([operationEvent(1, 'progress', { progress: 0.1, message: '', details })]),
    ).toBe(text);
  });

  it('leads to what it is about and to what it has made, each once', () => {
    const one = operation.completed('x', {
      metadata: { entry_id: 'github', provider_id: 'math' },
      provider_ids: ['math', 'web'],
    });
    const made = operationEvent(2, 'result', { result: { provider_id: 'math', group_id: 'pool' } });
    expect(linksOf(one, [made]).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'provider math',
      'catalog entry github',
      'group pool',
      'provider web',
    ]);
    expect(linksOf(operation.completed('y', { metadata: null, provider_ids: [] }), [])).toEqual([]);
  });
});
