import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import {
  operation,
  operationEvent,
  operationFrame,
  operationList,
  provider,
  snapshot,
} from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const start = {
  operation_type: 'provider_start',
  metadata: { provider_id: 'files' },
  started_at: 1_795_500_000,
};
const all = operationList(
  operation.running('op-1', { progress: 0.25, message: 'step 1 of 4' }),
  operation.failed('op-2', start),
  operation.completed('op-3', { metadata: { provider_id: 'web', tool_name: 'get' } }),
);

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/operations', all);
});

const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((one) => within(one).getAllByRole('link')[0]?.textContent);
const table = () => screen.findByRole('table', { name: 'Operations' });

describe('the Operations page', () => {
  it('shows each with its progress, live', async () => {
    renderApp('/operations');
    expect(within(await table()).getByText('Call slow of math')).toBeVisible();
    expect(screen.getByText('exited with code 3')).toBeVisible();
    const bar = screen.getByRole('progressbar', { name: 'Progress of Call slow of math' });
    expect(bar).toHaveAttribute('aria-valuenow', '25');
    socketOf('ws/operations')
      .accept()
      .say(operationFrame.progress(12, 'op-1', 0.5, 'step 2 of 4'));
    await waitFor(() => {
      expect(bar).toHaveAttribute('aria-valuenow', '50');
    });
    expect(screen.getByText('step 2 of 4')).toBeVisible();
    expect(callsTo('GET /api/operations').at(-1)?.query.get('limit')).toBe('500');
  });

  it('filters by status, type and text, and sorts, in the address', async () => {
    const { user, address } = renderApp('/operations');
    await table();
    await user.click(screen.getByRole('button', { name: /^error/ }));
    await waitFor(() => {
      expect(names()).toEqual(['Start files']);
    });
    await user.click(screen.getByRole('button', { name: /^error/ }));
    await user.selectOptions(screen.getByRole('combobox', { name: 'Type' }), 'tool_call');
    await user.click(screen.getByRole('button', { name: /^What/ }));
    await waitFor(() => {
      expect(names()).toEqual(['Call get of web', 'Call slow of math']);
    });
    await user.type(screen.getByRole('textbox', { name: 'Filter operations' }), 'zebra');
    expect(await screen.findByText('No operation matches')).toBeVisible();
    expect(address()).toBe('/operations?type=tool_call&sort=what&q=zebra');
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(await table()).toBeVisible();
  });

  it('cancels what runs and forgets what has ended, after asking', async () => {
    on('DELETE /api/operations/op-2', { operation_id: 'op-2', cancelled: false, deleted: true });
    const { user } = renderApp('/operations');
    await table();
    await user.click(screen.getByRole('button', { name: 'Forget “Start files”' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Forget “Start files”?' }));
    on('GET /api/operations', operationList(operation.running('op-1')));
    await user.click(dialog.getByRole('button', { name: 'Forget “Start files”' }));
    await waitFor(() => {
      expect(screen.queryByText('Start files')).toBeNull();
    });
    expect(callsTo('DELETE /api/operations/op-2')).toHaveLength(1);
  });

  it('draws them over time, by kind, and as a table that leads to each', async () => {
    const cut = operation.failed('op-4', {
      ...start,
      error: 'interrupted',
      error_type: 'InterruptedError',
    });
    on('GET /api/operations', operationList(...all.operations, cut));
    const { user } = renderApp('/operations?timeline=on');
    await table();
    const picture = within(await screen.findByRole('figure', { name: 'Operations over time' }));
    await user.click(picture.getByRole('radio', { name: 'Table' }));
    const rows = within(picture.getByRole('table')).getAllByRole('row').slice(1);
    expect(rows).toHaveLength(4);
    const ways = rows.map((row) => within(row).getByRole('link').getAttribute('href') ?? '');
    expect(ways.map((way) => way.slice(-4)).toSorted()).toEqual(['op-1', 'op-2', 'op-3', 'op-4']);
    await user.click(screen.getByRole('button', { name: /^interrupted 1/ }));
    await waitFor(() => {
      expect(within(picture.getByRole('table')).getAllByRole('row')).toHaveLength(2);
    });
    await user.click(screen.getByRole('button', { name: 'Timeline', pressed: true }));
    await waitFor(() => {
      expect(screen.queryByRole('figure')).toBeNull();
    });
  });

  it('loads quietly, says what it is for, and fails in words', async () => {
    const slow = gate();
    on('GET /api/operations', async () => (await slow.answer).clone());
    const first = renderApp('/operations');
    expect(await screen.findByRole('status', { name: 'Loading operations' })).toBeVisible();
    on('GET /api/operations', operationList());
    slow.open(json(operationList()));
    expect(await screen.findByText('No operations yet')).toBeVisible();
    first.unmount();
    on('GET /api/operations', () => failure(503, 'StorageFullError', 'the disk is full'));
    const { user } = renderApp('/operations');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('the disk is full');
    on('GET /api/operations', all);
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await table()).toBeVisible();
  });
});

describe('the page of an operation', () => {
  const events = [
    operationEvent(1, 'status', { status: 'running', message: '' }),
    operationEvent(2, 'status', { status: 'launching', message: '/usr/bin/node' }, 0.1),
    operationEvent(3, 'log', { level: 'warning', message: 'slow disk' }, 0.5),
    operationEvent(4, 'status', { status: 'handshake', message: '' }, 1.1),
  ];

  beforeEach(() => {
    on('GET /api/operations/op-1', { operation: all.operations[0] });
    on('GET /api/operations/op-1/events', { events, total: 4 });
  });

  it('shows where the time went, what it said and what came of it, live', async () => {
    const { user } = renderApp('/operations/op-1');
    const said = within(await screen.findByRole('list', { name: 'Events of the operation' }));
    expect(said.getByText('launching the process: /usr/bin/node')).toBeVisible();
    expect(
      screen.getByRole('img', { name: /^Stages: preparing 100 ms, launching the process 1 s/ }),
    ).toBeVisible();
    const socket = socketOf('ws/operations').accept();
    socket.say(
      operationEvent(5, 'result', { result: { tools_count: 3 } }, 2),
      operationFrame.completed(6, 'op-1'),
      operationEvent(7, 'log', { level: 'info', message: 'of another' }, 0, 'op-9'),
    );
    expect(await said.findByText('completed in 2 s')).toBeVisible();
    expect(screen.getByRole('group', { name: 'result' })).toHaveTextContent('"tools_count": 3');
    expect(screen.queryByText('of another')).toBeNull();
    await user.click(screen.getByRole('radio', { name: /^Log/ }));
    const log = await screen.findByRole('list', { name: 'Log of the operation' });
    expect(log).toHaveTextContent('slow disk');
  });

  it('shows what became of each provider of a bulk, and does what is left of it', async () => {
    const cut = operation.failed('op-1', {
      operation_type: 'provider_bulk',
      metadata: { verb: 'start', count: 3 },
      provider_ids: ['math', 'web', 'files'],
      provider_count: 3,
      error: 'interrupted',
      error_type: 'InterruptedError',
    });
    const line = (position: number, message: string) =>
      operationEvent(position, 'log', { level: 'info', message });
    on('GET /api/operations', operationList(cut));
    on('GET /api/operations/op-1', { operation: cut });
    on('GET /api/operations/op-1/events', {
      events: [line(1, 'math: done'), line(2, 'web: ProviderStartError: exited with code 3')],
      total: 2,
    });
    on('POST /api/providers/bulk', { verb: 'start', provider_ids: [], operation_id: 'op-7' });
    const { user, address } = renderApp('/operations/op-1');
    const each = await screen.findByRole('table', { name: 'What became of each provider' });
    const rows = within(each)
      .getAllByRole('row')
      .slice(1)
      .map((row) => row.textContent);
    expect(rows).toEqual(['webfailedexited with code 3', 'filesnot tried', 'mathdone']);
    expect(screen.getByRole('note')).toHaveTextContent('Hangar was stopped while this ran.');
    on('GET /api/operations/op-7', { operation: operation.running('op-7') });
    await user.click(screen.getByRole('button', { name: 'Do the 2 that are left' }));
    await waitFor(() => {
      expect(address()).toBe('/operations/op-7');
    });
    expect(callsTo('POST /api/providers/bulk').at(-1)?.body).toEqual({
      verb: 'start',
      provider_ids: ['web', 'files'],
    });
  });

  it('says what is usual, and in the tray what is left', async () => {
    const past = ['a', 'b', 'c'].map((id) => operation.completed(id));
    const slow = operation.running('op-1', { started_at: Date.now() / 1_000 - 30, progress: 0.5 });
    on('GET /api/operations', operationList(slow, ...past));
    on('GET /api/operations/op-1', { operation: slow });
    const { user } = renderApp('/operations/op-1');
    expect(await screen.findByText(/usually 2 s/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: /^Tray: 1 running/ }));
    expect(await screen.findAllByText(/about \d+ s left/)).not.toHaveLength(0);
  });

  it('has a face for one that was forgotten, and for a failure', async () => {
    on('GET /api/operations/nope', () => failure(404, 'OperationNotFoundError', 'no'));
    const first = renderApp('/operations/nope');
    expect(await screen.findByText('There is no such operation')).toBeVisible();
    first.unmount();
    on('GET /api/operations/op-1/events', () => failure(500, 'InternalServerError', 'broken'));
    renderApp('/operations/op-1');
    expect(await screen.findByRole('alert')).toHaveTextContent('broken');
  });
});
