import { waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callsTo, failure, gate, json, on } from '../testing/fakeApi';
import { delta, fleetFrame, provider, snapshot } from '../testing/factories';
import { socketOf, socketsOf } from '../testing/fakeSocket';
import { fleetStore, holdFleet, loadFleet, pollEveryMs } from './fleet';

let release: (() => void) | undefined;
const hold = () => {
  release = holdFleet();
};
const stateOf = (id: string) => fleetStore.getState().fleet.providers[id]?.state;
const socket = () => socketOf('ws/state?mode=delta');

afterEach(() => {
  vi.useRealTimers();
  release?.();
  release = undefined;
});

describe('the live fleet', () => {
  it('paints from the list and goes on from the socket', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => {
      expect(stateOf('math')).toBe('cold');
    });
    socket()
      .accept()
      .say(fleetFrame(11, provider.cold('math')), delta(12, [provider.ready('math')]));
    expect(stateOf('math')).toBe('ready');
    expect(callsTo('GET /api/providers')).toHaveLength(1);
  });

  it('does not wait for the list when the socket is first, nor believes it afterwards', async () => {
    const slow = gate();
    on('GET /api/providers', () => slow.answer);
    hold();
    socket()
      .accept()
      .say(fleetFrame(20, provider.ready('math')));
    expect(fleetStore.getState().load.phase).toBe('ready');
    slow.open(json(snapshot(10, provider.cold('math'))));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stateOf('math')).toBe('ready');
  });

  it('takes the snapshot of a new connection for the truth', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => {
      expect(stateOf('math')).toBe('cold');
    });
    socket()
      .accept()
      .say(fleetFrame(3, provider.dead('other')));
    expect(stateOf('math')).toBeUndefined();
    expect(stateOf('other')).toBe('dead');
  });

  it('says when the list fails, and recovers on retry', async () => {
    on('GET /api/providers', () => failure(503, 'ProviderUnavailableError', 'later'));
    hold();
    await waitFor(() => {
      expect(fleetStore.getState().load).toMatchObject({
        phase: 'error',
        error: { message: 'later' },
      });
    });
    on('GET /api/providers', snapshot(1, provider.cold('math')));
    await loadFleet();
    expect(stateOf('math')).toBe('cold');
  });

  it('asks the list now and then while the socket does not come through', async () => {
    vi.useFakeTimers();
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    for (let i = 0; i < 3; i += 1) {
      socketsOf('mode=delta').at(-1)?.drop();
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(fleetStore.getState().polling).toBe(true);
    on('GET /api/providers', snapshot(11, provider.ready('math')));
    await vi.advanceTimersByTimeAsync(pollEveryMs);
    expect(stateOf('math')).toBe('ready');
    socket()
      .accept()
      .say(fleetFrame(12, provider.ready('math')));
    expect(fleetStore.getState().polling).toBe(false);
    const asked = callsTo('GET /api/providers').length;
    await vi.advanceTimersByTimeAsync(3 * pollEveryMs);
    expect(callsTo('GET /api/providers')).toHaveLength(asked);
  });

  it('keeps what is on the screen when such a question fails', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => {
      expect(stateOf('math')).toBe('cold');
    });
    on('GET /api/providers', () => failure(502, 'UpstreamError', 'away'));
    await loadFleet();
    expect(stateOf('math')).toBe('cold');
    expect(fleetStore.getState().load.phase).toBe('ready');
  });

  it('hangs up when nobody holds it', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    const other = holdFleet();
    await waitFor(() => {
      expect(stateOf('math')).toBe('cold');
    });
    release?.();
    expect(socket().closed).toBe(false);
    other();
    expect(socket().closed).toBe(true);
    expect(stateOf('math')).toBeUndefined();
  });
});
