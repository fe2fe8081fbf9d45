import { act, renderHook, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { failure, gate, json, on } from '../testing/fakeApi';
import { delta, event, logLine, provider, snapshot } from '../testing/factories';
import { socketOf, socketsOf } from '../testing/fakeSocket';
import { useEventStream } from './useEventStream';
import { useProviderLogs } from './useProviderLogs';
import { useProviderState } from './useProviderState';
import { useWebSocket } from './useWebSocket';

const logPage = (...lines: ReturnType<typeof logLine>[]) => ({
  logs: lines,
  provider_id: 'math',
  count: lines.length,
});

describe('useWebSocket', () => {
  it('connects while mounted, shows the last message and shares the connection', () => {
    const first = renderHook(() => useWebSocket('/api/ws/events'));
    const second = renderHook(() => useWebSocket('/api/ws/events'));
    expect(socketsOf('ws/events')).toHaveLength(1);
    expect(first.result.current).toMatchObject({ isConnected: false, lastMessage: null });
    socketOf('ws/events').accept().say({ hello: 1 });
    expect(first.result.current).toMatchObject({ isConnected: true, lastMessage: { hello: 1 } });
    first.unmount();
    expect(socketOf('ws/events').closed).toBe(false);
    second.unmount();
    expect(socketOf('ws/events').closed).toBe(true);
  });
});

describe('useProviderState', () => {
  it('maps every provider to its state, live', async () => {
    on('GET /api/providers', snapshot(5, provider.cold('math'), provider.ready('files')));
    const { result } = renderHook(() => useProviderState());
    await waitFor(() => {
      expect(result.current.providerStates).toEqual({ math: 'cold', files: 'ready' });
    });
    socketOf('ws/state')
      .accept()
      .say(delta(6, [provider.dead('math')], ['files']));
    await waitFor(() => {
      expect(result.current.providerStates).toEqual({ math: 'dead' });
    });
  });
});

describe('useProviderLogs', () => {
  it('joins REST and socket without gap or duplicate', async () => {
    on('GET /api/providers/math/logs', logPage(logLine(1, 'one'), logLine(2, 'two')));
    const { result } = renderHook(() => useProviderLogs('math'));
    await waitFor(() => {
      expect(result.current.logs).toHaveLength(2);
    });
    expect(socketOf('math/logs').url).toContain('since=2');
    socketOf('math/logs').accept().say(logLine(2, 'two'), logLine(3, 'three'));
    await waitFor(() => {
      expect(result.current.logs.map((log) => log.line)).toEqual(['one', 'two', 'three']);
    });
    expect(result.current.isConnected).toBe(true);
  });

  it('keeps lines that arrive while REST is still on its way', async () => {
    const slow = gate();
    on('GET /api/providers/math/logs', () => slow.answer);
    const open = renderHook(() => useWebSocket('api/ws/providers/math/logs')); // someone else has the socket open
    const { result } = renderHook(() => useProviderLogs('math'));
    socketOf('math/logs').accept().say(logLine(2, 'two'), logLine(3, 'three'));
    slow.open(json(logPage(logLine(1, 'one'), logLine(2, 'two'))));
    await waitFor(() => {
      expect(result.current.logs.map((log) => log.seq)).toEqual([1, 2, 3]);
    });
    open.unmount();
  });

  it('loads anew when the server says that it cannot resume', async () => {
    on('GET /api/providers/math/logs', logPage(logLine(900, 'old')));
    const { result } = renderHook(() => useProviderLogs('math'));
    await waitFor(() => socketOf('math/logs'));
    on('GET /api/providers/math/logs', logPage(logLine(1, 'after the restart')));
    socketOf('math/logs').accept().say({ type: 'reset', reason: 'restarted', head: 1 });
    await waitFor(() => {
      expect(result.current.logs.map((log) => log.line)).toEqual(['after the restart']);
    });
    socketOf('math/logs').say(logLine(2, 'goes on'));
    await waitFor(() => {
      expect(result.current.logs).toHaveLength(2);
    });
  });

  it('keeps the last 1,000 lines', async () => {
    on('GET /api/providers/math/logs', logPage(logLine(1, 'first')));
    const { result } = renderHook(() => useProviderLogs('math'));
    await waitFor(() => socketOf('math/logs'));
    socketOf('math/logs')
      .accept()
      .say(...Array.from({ length: 1_500 }, (_, i) => logLine(i + 2, `line ${i}`)));
    await waitFor(() => {
      expect(result.current.received).toBe(1_501);
    });
    expect(result.current.logs).toHaveLength(1_000);
    expect(result.current.logs.at(-1)?.seq).toBe(1_501);
  });
});

describe('useEventStream', () => {
  it('asks the server for the filter and starts anew when it changes', async () => {
    on('GET /api/events', (call) =>
      json({
        events: [event(1, 'ProviderStarted', call.query.get('provider_id') ?? 'any')],
        oldest: 1,
        head: 1,
      }),
    );
    const { result, rerender } = renderHook(
      ({ id }) => useEventStream({ providerFilter: id, typeFilter: ['ProviderStarted'] }),
      { initialProps: { id: 'math' } },
    );
    await waitFor(() => {
      expect(result.current.events.map((one) => one.provider_id)).toEqual(['math']);
    });
    const url = socketOf('ws/events').url;
    expect(url).toContain('provider_id=math');
    expect(url).toContain('event_type=ProviderStarted');
    expect(url).toContain('since=1');
    rerender({ id: 'files' });
    expect(result.current.events).toEqual([]);
    await waitFor(() => {
      expect(result.current.events.map((one) => one.provider_id)).toEqual(['files']);
    });
    expect(socketsOf('provider_id=math').at(-1)?.closed).toBe(true);
  });

  it('shows a failure and recovers on retry', async () => {
    on('GET /api/events', () => failure(500, 'InternalServerError', 'no'));
    const { result } = renderHook(() => useEventStream());
    await waitFor(() => {
      expect(result.current.error?.type).toBe('InternalServerError');
    });
    on('GET /api/events', { events: [], oldest: 0, head: 0 });
    act(() => {
      result.current.retry();
    });
    expect(result.current.isLoading).toBe(true);
    await waitFor(() => {
      expect(result.current).toMatchObject({ isLoading: false, error: null });
    });
  });
});
