import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { on } from '../../testing/fakeApi';
import {
  detail,
  event,
  operation,
  operationEvent,
  operationList,
  provider,
  snapshot,
  stateChange,
} from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';

beforeEach(() => {
  on('GET /api/providers', snapshot(10, provider.ready('math')));
  on('GET /api/providers/math', detail(provider.ready('math')));
});

describe('what a provider went through', () => {
  it('is drawn: its states, its breaker as a switch', async () => {
    on('GET /api/events', {
      events: [
        stateChange(1, 'math', 'COLD', 'READY'),
        event(2, 'CircuitBreakerStateChanged', 'math', {
          old_state: 'closed',
          new_state: 'open',
        }),
      ],
      oldest: 1,
      head: 2,
    });
    on('GET /api/providers', snapshot(10, provider.ready('math', { circuit_state: 'open' })));
    const { user } = renderApp('/providers/math');
    expect(await screen.findByRole('figure', { name: 'States of math' })).toBeVisible();
    expect(screen.getByRole('img', { name: 'Circuit breaker of math: open' })).toBeVisible();
    expect(screen.getByRole('list', { name: 'Changes of the breaker' })).toHaveTextContent(
      'closed → open',
    );
    await user.click(screen.getByRole('radio', { name: 'Table' }));
    const table = await screen.findByRole('table', { name: 'States of math' });
    expect(table).toHaveTextContent('ready');
  });

  it('shows where the time of each start went', async () => {
    on(
      'GET /api/operations',
      operationList(
        operation.completed('op-1', {
          operation_type: 'provider_start',
          metadata: { provider_id: 'math' },
        }),
        operation.failed('op-2', {
          operation_type: 'provider_start',
          metadata: { provider_id: 'math' },
        }),
        operation.completed('op-3', {
          operation_type: 'provider_start',
          metadata: { provider_id: 'files' },
        }),
      ),
    );
    const stages = [
      operationEvent(1, 'status', { status: 'running', message: '' }),
      operationEvent(2, 'status', { status: 'handshake', message: '' }, 0.5),
      operationEvent(3, 'completed', { status: 'completed', duration: 2 }, 2),
    ];
    on('GET /api/operations/op-1/events', { events: stages, total: 3 });
    on('GET /api/operations/op-2/events', { events: stages.slice(0, 1), total: 1 });
    renderApp('/providers/math?tab=starts');
    const list = within(await screen.findByRole('list', { name: 'Cold starts' }));
    expect(list.getAllByRole('listitem')).toHaveLength(2);
    expect(
      await list.findByRole('img', { name: 'Stages: preparing 500 ms, MCP handshake 1.5 s' }),
    ).toBeVisible();
    expect(list.getByText('exited with code 3')).toBeVisible();
  });

  it('says when there was no start yet', async () => {
    renderApp('/providers/math?tab=starts');
    expect(await screen.findByText('No starts on record')).toBeVisible();
  });
});
