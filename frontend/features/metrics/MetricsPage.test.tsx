import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { brushed, niceTop, runsOf } from '../../ui/LineChart';
import { partOf, topOf } from './series';

const start = Date.parse('2026-11-20T09:30:00Z') / 1_000;
const point = (metric: string, value: number, step = 0, more: object = {}) => ({
  provider_id: '',
  metric_name: metric,
  value,
  recorded_at: start + step * 10,
  ...more,
});

const answer = (...points: object[]) => ({
  points,
  count: points.length,
  from: '2026-11-20T09:00:00Z',
  to: '2026-11-20T10:00:00Z',
  step: 10,
  bucket_bounds: [0.001, 0.01, 0.1],
});

const some = answer(
  point('tool_calls_total', 40),
  point('tool_calls_total', 60, 1),
  point('tool_call_errors_total', 5),
  point('tool_call_duration_seconds_p50', 0.02),
  point('tool_call_duration_seconds', 0.02, 0, { buckets: [0, 0, 7, 0] }),
);

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/observability/metrics/history', ({ query }) =>
    json(
      query.get('by') === 'provider'
        ? answer(point('tool_calls_total', 100, 0, { provider_id: 'math' }))
        : some,
    ),
  );
});

describe('the Metrics page', () => {
  it('draws rate, errors, duration and starts, as charts or tables', async () => {
    const { user } = renderApp('/charts');
    expect(await screen.findByText('5 %')).toBeVisible();
    const errors = await screen.findByRole('figure', { name: 'Errors' });
    expect(
      within(errors).getByRole('img', { name: /errors 0 % last, 13 % at most/ }),
    ).toBeVisible();
    await user.click(within(errors).getByRole('radio', { name: 'Table' }));
    expect(within(errors).getAllByRole('row')).toHaveLength(3);
    expect(
      await screen.findByRole('img', { name: /^Calls by provider: math 10\/s/ }),
    ).toBeVisible();
  });

  it('narrows to one provider and another range, in the address', async () => {
    const { user, address } = renderApp('/charts');
    await screen.findByText('5 %');
    await user.selectOptions(screen.getByRole('combobox', { name: 'Range' }), '24h');
    await user.selectOptions(screen.getByRole('combobox', { name: 'Provider' }), 'math');
    await waitFor(() => {
      const query = callsTo('GET /api/observability/metrics/history').at(-1)?.query;
      expect([query?.get('minutes'), query?.get('provider')]).toEqual(['1440', 'math']);
    });
    expect(address()).toBe('/charts?range=24h&provider=math');
    expect(await screen.findByRole('figure', { name: 'Calls' })).toBeVisible();
  });

  it('leads from a cell of the heatmap to its calls', async () => {
    on('GET /api/calls', { calls: [], next: 0 });
    const { user, address } = renderApp('/charts');
    const heat = await screen.findByRole('group', { name: /^How long calls took/ });
    heat.focus();
    await user.keyboard('{ArrowUp}{Enter}');
    await waitFor(() => {
      expect(address()).toMatch(/^\/calls\?from=.*&min=10&max=100$/);
    });
  });

  it('loads quietly, fails in words, and says when nothing happened', async () => {
    const slow = gate();
    on('GET /api/observability/metrics/history', () => slow.answer);
    const { user } = renderApp('/charts');
    expect(await screen.findByRole('status', { name: 'Loading metrics' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/observability/metrics/history', answer());
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nothing happened in this time')).toBeVisible();
  });
});

describe('what is dragged over', () => {
  it.each([
    ['forth', 12, 47, { from: 10, to: 50 }],
    ['back', 47, 12, { from: 10, to: 50 }],
    ['hardly at all', 12, 25, null],
  ])('%s', (_, a, b, chosen) => {
    expect(brushed(a, b, 10)).toEqual(chosen);
  });
});

describe('lines', () => {
  it('are parted where nothing was measured', () => {
    const points = [0, 10, 40].map((at) => ({ at, value: 1 }));
    expect(runsOf(points, 10).map((run) => run.length)).toEqual([2, 1]);
  });

  it.each([
    [0, 1],
    [0.03, 0.05],
    [7, 10],
    [120, 200],
  ])('with %d at most end at %d', (value, top) => {
    expect(niceTop(value)).toBeCloseTo(top);
  });

  it('of a part need a whole', () => {
    const points = [point('a', 1), point('b', 4), point('b', 0, 1)];
    expect(partOf(points, 'a', 'b', 'x').points.map(({ value }) => value)).toEqual([25]);
  });

  it('beyond the busiest are one', () => {
    const points = ['p', 'q', 'r'].map((id, i) => point('a', i + 1, 0, { provider_id: id }));
    const lines = topOf(points, 'a', 1, 1);
    expect(lines.map(({ name, points: [first] }) => [name, first?.value])).toEqual([
      ['r', 3],
      ['other', 3],
    ]);
  });
});
