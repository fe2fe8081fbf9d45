import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { callRecord as call, provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { shadeOf, trimmed } from '../../ui/Heatmap';
import { failureGroups, queryOf, savings, waterfall } from './view';

const noHistory = {
  points: [],
  count: 0,
  from: '2026-11-20T09:00:00Z',
  to: '2026-11-20T10:00:00Z',
  step: 10,
  bucket_bounds: [0.001, 0.01, 0.1],
};

const one = {
  ...noHistory,
  count: 1,
  points: [
    {
      provider_id: '',
      metric_name: 'tool_call_duration_seconds',
      value: 0.02,
      recorded_at: Date.parse('2026-11-20T09:30:00Z') / 1_000,
      buckets: [0, 0, 7, 0],
    },
  ],
};

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/calls', { calls: [call('c1'), call('c2', { outcome: 'error' })], next: 0 });
  on('GET /api/observability/metrics/history', noHistory);
});

const table = () => screen.findByRole('table', { name: 'Calls' });

describe('the Calls page', () => {
  it('lists calls with where their time went, and filters on the server', async () => {
    const { user, address } = renderApp('/calls');
    expect(within(await table()).getAllByRole('row')).toHaveLength(3);
    expect(
      screen.getAllByRole('img', {
        name: 'waiting for its place 200 ms, waiting for the start 300 ms, at the provider 500 ms',
      }),
    ).toHaveLength(2);
    await user.click(screen.getByRole('button', { name: /^failed/ }));
    await user.selectOptions(screen.getByRole('combobox', { name: 'Provider' }), 'math');
    await waitFor(() => {
      const query = callsTo('GET /api/calls').at(-1)?.query;
      expect(query?.get('outcome')).toBe('error');
      expect(query?.get('provider_id')).toBe('math');
    });
    expect(address()).toBe('/calls?outcome=error&provider=math');
  });

  it('goes on to older calls, and stands still then', async () => {
    on('GET /api/calls', ({ query }) =>
      json(
        query.get('before') === '5'
          ? { calls: [call('c3')], next: 0 }
          : { calls: [call('c1')], next: 5 },
      ),
    );
    const { user } = renderApp('/calls');
    await table();
    await user.click(screen.getByRole('button', { name: 'Older calls' }));
    await waitFor(() => {
      expect(within(screen.getByRole('table')).getAllByRole('row')).toHaveLength(3);
    });
    expect(screen.getByRole('switch', { name: 'Follow' })).not.toBeChecked();
  });

  it('narrows to the cell of the heatmap that was picked by key', async () => {
    on('GET /api/observability/metrics/history', one);
    const { user, address } = renderApp('/calls');
    const heat = await screen.findByRole('group', { name: /^How long calls took/ });
    heat.focus();
    await user.keyboard('{ArrowUp}');
    expect(screen.getByText(/10 ms to 100 ms: 7$/)).toBeVisible();
    await user.keyboard('{Enter}');
    expect(address()).toContain('min=10&max=100');
    expect(await screen.findByRole('button', { name: '10 ms to 100 ms ✕' })).toBeVisible();
  });

  it('shows a call with its batch as a waterfall', async () => {
    on('GET /api/calls', ({ query }) =>
      json({
        calls: [
          call('c1', { batch_id: query.get('batch_id') ?? 'b' }),
          call('c2', { batch_id: 'b', tool_name: 'slow', timestamp: '2026-11-20T10:00:01.500Z' }),
        ],
        next: 0,
      }),
    );
    renderApp('/calls?sel=c1');
    const panel = within(await screen.findByRole('complementary', { name: 'About the call' }));
    expect(await panel.findByRole('figure', { name: 'Waterfall of the batch' })).toBeVisible();
    expect(
      panel.getByText('1.5 s in all; one after the other it would have been 2 s'),
    ).toBeVisible();
  });

  it('asks for a call that is not in the list, and says when there is none', async () => {
    on('GET /api/calls/gone', () => failure(404, 'NotFoundError', 'no such call'));
    renderApp('/calls?sel=gone');
    expect(await screen.findByText('There is no record of it')).toBeVisible();
  });

  it('loads quietly, fails in words, and says when there is nothing', async () => {
    const slow = gate();
    on('GET /api/calls', () => slow.answer);
    const { user } = renderApp('/calls');
    expect(await screen.findByRole('status', { name: 'Loading calls' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/calls', { calls: [], next: 0 });
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('No calls in this time')).toBeVisible();
    await user.type(screen.getByRole('textbox', { name: /^Tool/ }), 'x');
    expect(await screen.findByText('No call matches')).toBeVisible();
  });
});

describe('calls', () => {
  it('are asked for in the range until a cell was picked', () => {
    const now = Date.parse('2026-11-20T10:00:00Z');
    expect(queryOf({}, 60, now).from).toBe('2026-11-20T09:00:00.000Z');
    expect(queryOf({ from: 'x', min: '10', max: 'y' }, 60, now)).toMatchObject({
      from: 'x',
      minMs: 10,
      maxMs: 0,
    });
  });

  it('of a batch stand in the order in which they began', () => {
    const late = call('late', { timestamp: '2026-11-20T10:00:03.000Z' });
    const lanes = waterfall([late, call('early')]);
    expect(lanes.map(({ key }) => key)).toEqual(['early', 'late']);
    expect(lanes[0]?.spans.map(({ from, to }) => (to ?? 0) - from)).toEqual([200, 300, 500]);
    expect(savings([late, call('early')])).toEqual({ wall: 3_000, sum: 2_000 });
    expect(savings([])).toEqual({ wall: 0, sum: 0 });
  });
});

describe('a heatmap', () => {
  it('keeps few beside many, and drops rows that hold nothing', () => {
    expect(shadeOf(1, 1_000)).toBe(1);
    expect(shadeOf(1_000, 1_000)).toBe(6);
    expect(trimmed([{ at: 0, counts: [0, 0, 3, 0, 0] }], 5)).toEqual([1, 2, 3]);
    expect(trimmed([], 5)).toEqual([]);
  });
});

describe('failures', () => {
  const failed = { outcome: 'error', error_type: 'Timeout' } as const;
  const early = '2026-11-20T09:00:00.000Z';

  it('are one where provider, tool and type are the same, with when it was first and last', () => {
    const groups = failureGroups([
      call('1', failed),
      call('2'),
      call('3', { ...failed, error_type: 'Refused' }),
      call('4', { ...failed, timestamp: early }),
    ]);
    expect(groups.map(({ errorType, count }) => [errorType, count])).toEqual([
      ['Timeout', 2],
      ['Refused', 1],
    ]);
    expect(groups[0]).toMatchObject({ first: early, last: call('1').timestamp });
  });
});
