import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { event, provider, snapshot, stateChange } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const page = (...events: ReturnType<typeof event>[]) => ({
  events,
  oldest: events[0]?.position ?? 0,
  head: events.at(-1)?.position ?? 0,
});
const rows = () => screen.getAllByRole('row').slice(1);

beforeEach(() => {
  on('GET /api/providers', snapshot(2, provider.ready('math'), provider.cold('files')));
  on(
    'GET /api/events',
    page(event(1, 'ProviderRegistered', 'math'), stateChange(2, 'math', 'COLD', 'READY')),
  );
});

describe('the Events page', () => {
  it('shows the newest first and goes on live', async () => {
    renderApp('/events');
    expect(await screen.findByText('cold → ready')).toBeVisible();
    socketOf('ws/events')
      .accept()
      .say(event(3, 'ToolInvocationCompleted', 'math', { tool_name: 'add', duration_ms: 2 }));
    expect(await screen.findByText('add answered in 2 ms')).toBeVisible();
    expect(rows()[0]).toHaveTextContent('ToolInvocationCompleted');
    expect(rows()).toHaveLength(3);
  });

  it('counts what comes while it is paused, and shows it on resume', async () => {
    const { user } = renderApp('/events');
    await screen.findByText('cold → ready');
    await user.click(screen.getByRole('button', { name: 'Pause' }));
    socketOf('ws/events')
      .accept()
      .say(event(3, 'HealthCheckPassed', 'math'), event(4, 'HealthCheckPassed', 'math'));
    await user.click(await screen.findByRole('button', { name: 'Resume, 2 new' }));
    await waitFor(() => {
      expect(rows()).toHaveLength(4);
    });
  });

  it('holds still while the reader is further down', async () => {
    renderApp('/events');
    await screen.findByText('cold → ready');
    const table = screen.getByRole('table', { name: 'Events' });
    table.scrollTop = 300;
    fireEvent.scroll(table);
    socketOf('ws/events')
      .accept()
      .say(event(3, 'HealthCheckPassed', 'math'));
    expect(await screen.findByRole('button', { name: 'Resume, 1 new' })).toBeVisible();
    table.scrollTop = 0;
    fireEvent.scroll(table);
    expect(await screen.findByRole('button', { name: 'Pause' })).toBeVisible();
  });

  it('filters by type and provider at the server, in the URL', async () => {
    const { user, address } = renderApp('/events');
    const types = await screen.findByRole('region', { name: 'Events by type' });
    await user.click(await within(types).findByRole('button', { name: /ProviderStateChanged/ }));
    await waitFor(() => {
      expect(callsTo('GET /api/events').at(-1)?.query.get('event_type')).toBe(
        'ProviderStateChanged',
      );
    });
    await user.selectOptions(screen.getByRole('combobox', { name: 'Provider' }), 'math');
    await waitFor(() => {
      expect(callsTo('GET /api/events').at(-1)?.query.get('provider_id')).toBe('math');
    });
    expect(address()).toBe('/events?type=ProviderStateChanged&provider=math');
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    await waitFor(() => {
      expect(address()).toBe('/events');
    });
  });

  it('searches everything that an event carries, in the URL', async () => {
    const { user, address } = renderApp('/events');
    await screen.findByText('cold → ready');
    await user.type(screen.getByLabelText('Search events'), 'registered math');
    await waitFor(() => {
      expect(rows()).toHaveLength(1);
    });
    expect(address()).toBe('/events?q=registered+math');
    expect(screen.getByRole('button', { name: 'Export events' })).toBeEnabled();
  });

  it('leads to what an event is about', async () => {
    on(
      'GET /api/events',
      page(
        event(1, 'ToolInvocationCompleted', 'math', {
          tool_name: 'add',
          correlation_id: 'c-1',
          duration_ms: 2,
        }),
      ),
    );
    renderApp('/events?event=1');
    const list = within(await screen.findByRole('list', { name: 'Goes with' }));
    expect(list.getByRole('link', { name: 'The call' })).toHaveAttribute(
      'href',
      expect.stringContaining('sel=c-1'),
    );
    expect(list.getByRole('link', { name: 'Provider math' })).toBeVisible();
  });

  it('opens the payload beside the list, by link too', async () => {
    const { user, address } = renderApp('/events?event=1');
    const panel = await screen.findByRole('complementary', { name: 'Event details' });
    expect(panel).toHaveTextContent('"event_id": "event-1"');
    await user.click(screen.getByRole('button', { name: 'ProviderStateChanged' }));
    expect(panel).toHaveTextContent('"new_state": "READY"');
    expect(address()).toBe('/events?event=2');
    await user.click(within(panel).getByRole('button', { name: 'Close details' }));
    expect(address()).toBe('/events');
  });

  it('asks the server for the time of the page; between two moments nothing comes to it', async () => {
    renderApp('/events?from=2026-11-20T10:00:00.000Z&to=2026-11-20T11:00:00.000Z');
    expect(await screen.findByText('cold → ready')).toBeVisible();
    const { query } = callsTo('GET /api/events').at(-1) ?? {};
    expect(query?.get('from')).toBe('2026-11-20T10:00:00.000Z');
    expect(query?.get('to')).toBe('2026-11-20T11:00:00.000Z');
    expect(screen.queryByRole('button', { name: 'Pause' })).toBeNull();
  });

  it('opens an event that a link names, though the list does not reach it', async () => {
    on('GET /api/events', ({ query }) =>
      json(query.get('before') === '8' ? page(event(7, 'ProviderStopped', 'math')) : page()),
    );
    renderApp('/events?event=7');
    const panel = await screen.findByRole('complementary', { name: 'Event details' });
    expect(panel).toHaveTextContent('"event_id": "event-7"');
  });

  it('shows where events were dropped', async () => {
    renderApp('/events');
    await screen.findByText('cold → ready');
    socketOf('ws/events')
      .accept()
      .say({ type: 'warning', code: 'messages_dropped', dropped: 312, since: 'x', position: 2 });
    expect(await screen.findByText(/^312 events were dropped here/)).toBeVisible();
  });

  it('loads quietly', async () => {
    const slow = gate();
    on('GET /api/events', () => slow.answer);
    renderApp('/events');
    expect(await screen.findByRole('status', { name: 'Loading events' })).toBeVisible();
    slow.open(json(page()));
    expect(await screen.findByText('Nothing has happened in the last hour')).toBeVisible();
  });

  it('tells an empty filter from an empty log', async () => {
    on('GET /api/events', page());
    renderApp('/events?type=ProviderStopped');
    expect(await screen.findByText('No event matches in the last hour')).toBeVisible();
  });

  it('names a failure and recovers on Retry', async () => {
    on('GET /api/events', () => failure(503, 'StorageFullError', 'the disk is full'));
    const { user } = renderApp('/events');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('StorageFullError');
    on('GET /api/events', page(event(1, 'ProviderStopped', 'math', { reason: 'idle' })));
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Stopped: idle')).toBeVisible();
  });
});
