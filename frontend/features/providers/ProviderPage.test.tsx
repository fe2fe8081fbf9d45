import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { callsTo, failure, gate, json, on, sse } from '../../testing/fakeApi';
import {
  addTool,
  delta,
  detail,
  event,
  logLine,
  noHealth,
  provider,
  snapshot,
  stateChange,
} from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const ready = (change = {}) =>
  detail(provider.ready('math', { tools_count: 1 }), {
    tools: [addTool],
    meta: {
      protocol_version: '2025-11-25',
      server_info: { name: 'demo', version: '1.0' },
      capabilities: { tools: {} },
      pid: 4242,
      started_at: new Date(Date.now() - 65_000).toISOString(),
      startup_duration_ms: 7,
    },
    ...change,
  });

beforeEach(() => {
  on(
    'GET /api/providers',
    snapshot(10, provider.ready('math', { calls_total: 4, calls_failed: 1 })),
  );
  on('GET /api/providers/math', ready());
});

describe('the provider page', () => {
  it('shows what runs, since when and in which protocol', async () => {
    renderApp('/providers/math');
    expect(await screen.findByText('Definition')).toBeVisible();
    const head = screen.getByRole('heading', { level: 1 }).parentElement!.parentElement!;
    expect(head).toHaveTextContent('ready');
    expect(head).toHaveTextContent('pid 4242');
    expect(head).toHaveTextContent(/up 1 min \d+ s/);
    expect(head).toHaveTextContent('MCP 2025-11-25');
    expect(screen.getByText('demo --fast')).toBeVisible();
  });

  it('loads quietly', async () => {
    const slow = gate();
    on('GET /api/providers/math', () => slow.answer);
    renderApp('/providers/math');
    expect(await screen.findByRole('status', { name: 'Loading math' })).toBeVisible();
    slow.open(json(ready()));
    expect(await screen.findByText('Definition')).toBeVisible();
  });

  it('says when there is no such provider', async () => {
    on('GET /api/providers/nobody', () =>
      failure(404, 'ProviderNotFoundError', 'there is no nobody'),
    );
    const { user, address } = renderApp('/providers/nobody');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('There is no provider nobody');
    expect(alert).toHaveTextContent('ProviderNotFoundError');
    await user.click(within(alert).getByRole('button', { name: 'All providers' }));
    await waitFor(() => {
      expect(address()).toBe('/providers');
    });
  });

  it('shows the last error with the last lines of stderr', async () => {
    on(
      'GET /api/providers/math',
      detail(provider.dead('math'), {
        last_error: {
          type: 'ProviderStartError',
          message: 'exited with code 3',
          at: '2026-11-20T10:00:00Z',
          stderr: ['loading', 'boom: no config'],
        },
      }),
    );
    renderApp('/providers/math');
    expect(await screen.findByText('exited with code 3')).toBeVisible();
    expect(screen.getByRole('group', { name: 'Last lines of stderr' })).toHaveTextContent(
      'boom: no config',
    );
  });

  it('moves its badge by socket and asks for the rest', async () => {
    renderApp('/providers/math');
    await screen.findByText('Definition');
    on('GET /api/providers/math', detail(provider.cold('math'), { position: 12 }));
    socketOf('ws/state')
      .accept()
      .say(delta(11, [provider.cold('math')]));
    socketOf('event_type=ProviderRegistered&event_type=ProviderUpdated')
      .accept()
      .say(event(12, 'ProviderStopped', 'math', { reason: 'idle' }));
    expect(await screen.findByRole('button', { name: 'Start' })).toBeVisible();
    await waitFor(() => {
      expect(screen.queryByText(/^pid/)).toBeNull();
    });
  });

  it('says so when someone deletes it, and asks for it no more', async () => {
    renderApp('/providers/math');
    await screen.findByText('Definition');
    const before = callsTo('GET /api/providers/math').length;
    socketOf('event_type=ProviderRegistered&event_type=ProviderUpdated')
      .accept()
      .say(event(11, 'ProviderStopped', 'math'), event(12, 'ProviderDeregistered', 'math'));
    expect(await screen.findByText('math was deleted')).toBeVisible();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(callsTo('GET /api/providers/math')).toHaveLength(before);
  });

  it('keeps the tab in the URL and starts a failed start’s story on top', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    on('GET /api/providers/math', detail(provider.cold('math')));
    on('POST /api/providers/math/start', () =>
      failure(503, 'ProviderUnavailableError', 'exited', { stderr: ['boom'] }),
    );
    const { user, address } = renderApp('/providers/math');
    await user.click(await screen.findByRole('tab', { name: 'Health' }));
    expect(await screen.findByText('No health checks yet')).toBeVisible();
    expect(address()).toBe('/providers/math?tab=health');
    await user.click(screen.getByRole('button', { name: 'Start' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('boom');
  });
});

describe('the Health tab', () => {
  it('lists checks, newest first', async () => {
    const at = (second: number) => `2026-11-20T10:00:0${second}.000000Z`;
    on(
      'GET /api/providers/math',
      ready({
        health: {
          ...noHealth,
          success_rate: 0.5,
          history: [
            { timestamp: at(1), ok: true, duration_ms: 2, error: '', consecutive_failures: 0 },
            {
              timestamp: at(2),
              ok: false,
              duration_ms: 5_000,
              error: 'no answer',
              consecutive_failures: 1,
            },
          ],
        },
      }),
    );
    renderApp('/providers/math?tab=health');
    expect(
      await screen.findByRole('img', { name: '2 health checks, 1 failed' }),
    ).toBeInTheDocument();
    expect(screen.getByRole('img', { name: 'Health checks: 2 points, 1 failed' })).toBeVisible();
    const rows = screen.getAllByRole('row').slice(1);
    expect(rows[0]).toHaveTextContent('no answer');
    expect(rows[1]).toHaveTextContent('passed');
  });
});

describe('the Tools tab', () => {
  const route = 'POST /api/providers/math/tools/add/call';

  it('calls a tool from its form, with progress, and shows the result', async () => {
    let stream: ReturnType<typeof sse> | undefined;
    on(route, (_, signal) => (stream = sse(signal)).response);
    const { user } = renderApp('/providers/math?tab=tools');
    await user.click(await screen.findByRole('button', { name: 'Call tool' }));
    expect(screen.getAllByText('Needed')).toHaveLength(2);
    expect(callsTo(route)).toHaveLength(0);

    await user.type(screen.getByRole('textbox', { name: /^a/ }), '2');
    await user.type(screen.getByRole('textbox', { name: /^b/ }), '40');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    await waitFor(() => {
      expect(callsTo(route)[0]?.body).toMatchObject({ arguments: { a: 2, b: 40 } });
    });
    stream?.send('progress', { progress: 1, total: 4, message: 'adding' });
    expect(await screen.findByText('adding')).toBeVisible();
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
    stream?.send('result', {
      content: [{ type: 'text', text: 'forty-two' }],
      structuredContent: { result: 42 },
      duration_ms: 12,
    });
    const result = screen.getByRole('region', { name: 'Result' });
    expect(await within(result).findByText('forty-two')).toBeVisible();
    expect(result).toHaveTextContent('12 ms');
    expect(result).toHaveTextContent('"result": 42');
  });

  it('cancels a running call', async () => {
    let aborted: AbortSignal | undefined;
    on(route, (_, signal) => {
      aborted = signal;
      return sse(signal).response;
    });
    const { user } = renderApp('/providers/math?tab=tools');
    await user.type(await screen.findByRole('textbox', { name: /^a/ }), '2');
    await user.type(screen.getByRole('textbox', { name: /^b/ }), '3');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    await user.click(await screen.findByRole('button', { name: 'Cancel call' }));
    expect(await screen.findByText('cancelled')).toBeVisible();
    expect(aborted?.aborted).toBe(true);
  });

  it('tells a tool’s own error from a failed call', async () => {
    on(route, () =>
      json({
        content: [{ type: 'text', text: 'division by zero' }],
        isError: true,
        duration_ms: 1,
      }),
    );
    const { user } = renderApp('/providers/math?tab=tools');
    await user.click(await screen.findByRole('switch', { name: 'Raw JSON' }));
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    expect(await screen.findByText('tool error')).toBeVisible();
    on(route, () => failure(504, 'TimeoutError', 'too slow'));
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('TimeoutError');
  });

  it('sends raw JSON as it is, and refuses what is none', async () => {
    on(route, () => json({ content: [], duration_ms: 1 }));
    const { user } = renderApp('/providers/math?tab=tools');
    await user.click(await screen.findByRole('switch', { name: 'Raw JSON' }));
    const box = screen.getByRole('textbox', { name: 'Arguments' });
    await user.clear(box);
    await user.type(box, '[[1]');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    expect(screen.getByText('Arguments are a JSON object')).toBeVisible();
    await user.clear(box);
    await user.type(box, '{{"x":null}');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    expect(await screen.findByText('The tool answered with no content.')).toBeVisible();
    expect(callsTo(route)[0]?.body).toMatchObject({ arguments: { x: null } });
  });

  it('offers to start a provider whose tools are not known', async () => {
    on('GET /api/providers/math', detail(provider.cold('math', { tools_count: 0 })));
    renderApp('/providers/math?tab=tools');
    expect(await screen.findByRole('button', { name: 'Start math' })).toBeVisible();
  });
});

describe('the Logs tab', () => {
  const page = (...lines: ReturnType<typeof logLine>[]) => ({
    logs: lines,
    provider_id: 'math',
    count: lines.length,
  });

  it('goes from REST to live, pauses and finds', async () => {
    on('GET /api/providers/math/logs', page(logLine(1, 'server starting')));
    const { user } = renderApp('/providers/math?tab=logs');
    expect(await screen.findByText('server starting')).toBeVisible();
    const socket = socketOf('math/logs').accept();
    socket.say(logLine(2, 'call #1'));
    expect(await screen.findByText('call #1')).toBeVisible();

    await user.click(screen.getByRole('button', { name: 'Pause' }));
    socket.say(logLine(3, 'call #2'), logLine(4, 'call #3'));
    await user.click(await screen.findByRole('button', { name: 'Resume, 2 new' }));
    expect(await screen.findByText('call #3')).toBeVisible();

    await user.type(screen.getByRole('textbox', { name: 'Search logs' }), '#2');
    await user.click(screen.getByRole('switch', { name: 'Only matches' }));
    expect(await screen.findByText('1 match')).toBeVisible();
    expect(screen.queryByText('server starting')).toBeNull();
  });

  it('shows where lines were dropped', async () => {
    on('GET /api/providers/math/logs', page(logLine(1, 'one')));
    renderApp('/providers/math?tab=logs');
    await screen.findByText('one');
    socketOf('math/logs')
      .accept()
      .say({ type: 'warning', code: 'messages_dropped', dropped: 7, since: 'x', position: 1 });
    expect(await screen.findByText(/^7 lines were dropped here/)).toBeVisible();
  });

  it('downloads what is shown', async () => {
    on('GET /api/providers/math/logs', page(logLine(1, 'one')));
    const click = vi
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(() => undefined);
    const { user } = renderApp('/providers/math?tab=logs');
    for (const kind of ['Text', 'CSV', 'NDJSON']) {
      await user.click(await screen.findByRole('button', { name: 'Export math' }));
      await user.click(await screen.findByRole('menuitem', { name: kind }));
    }
    expect(click).toHaveBeenCalledTimes(3);
  });

  it('says when there is nothing, and when it failed', async () => {
    on('GET /api/providers/math/logs', page());
    const first = renderApp('/providers/math?tab=logs');
    expect(await screen.findByText('No log lines yet')).toBeVisible();
    first.unmount();
    on('GET /api/providers/math/logs', () => failure(500, 'InternalServerError', 'no'));
    renderApp('/providers/math?tab=logs');
    expect(await screen.findByRole('alert')).toHaveTextContent('InternalServerError');
  });
});

describe('the Events tab', () => {
  it('shows this provider’s events, live', async () => {
    on('GET /api/events', {
      events: [event(9, 'ProviderStarted', 'math', { tools_count: 2, startup_duration_ms: 7 })],
      oldest: 9,
      head: 10,
    });
    renderApp('/providers/math?tab=events');
    expect(await screen.findByText('Started in 7 ms with 2 tools')).toBeVisible();
    socketOf('provider_id=math')
      .accept()
      .say(stateChange(11, 'math', 'READY', 'DEGRADED'));
    expect(await screen.findByText('ready → degraded')).toBeVisible();
  });

  it('says when there are none, and when it failed', async () => {
    on('GET /api/events', { events: [], oldest: 0, head: 10 });
    const first = renderApp('/providers/math?tab=events');
    expect(await screen.findByText('Nothing has happened yet')).toBeVisible();
    first.unmount();
    on('GET /api/events', () => failure(500, 'InternalServerError', 'no'));
    renderApp('/providers/math?tab=events');
    expect(await screen.findByRole('alert')).toHaveTextContent('InternalServerError');
  });
});
