import { waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callsTo, failure, gate, json, on } from '../testing/fakeApi';
import { detail, event, provider, snapshot, stateChange } from '../testing/factories';
import { socketOf, socketsOf } from '../testing/fakeSocket';
import { fleetStore, holdFleet, loadFleet } from './fleet';

let release: (() => void) | undefined;
const hold = () => {
  release = holdFleet();
};
const stateOf = (id: string) => fleetStore.getState().fleet.providers[id]?.state;

afterEach(() => {
  release?.();
  release = undefined;
});

describe('the live fleet', () => {
  it('takes a snapshot and then both sockets after its position', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => {
      expect(fleetStore.getState().load.phase).toBe('ready');
    });
    expect(socketOf('ws/events').url).toContain('since=10');
    expect(socketOf('ws/state').url).toContain('since=10');
  });

  it('moves a badge from the state socket without asking for the list again', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    on('GET /api/providers/math', detail(provider.ready('math'), { position: 11 }));
    hold();
    await waitFor(() => socketOf('ws/state'));
    socketOf('ws/state')
      .accept()
      .say(stateChange(11, 'math', 'COLD', 'READY'));
    await waitFor(() => {
      expect(stateOf('math')).toBe('ready');
    });
    await waitFor(() => {
      expect(fleetStore.getState().fleet.providers.math?.status.summary).toBe(
        'Running with 2 tools',
      );
    });
    expect(callsTo('GET /api/providers')).toHaveLength(1);
  });

  it('takes a new snapshot on reset and applies what came meanwhile on top of it', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => socketOf('ws/events'));
    const slow = gate();
    on('GET /api/providers', () => slow.answer);
    socketOf('ws/events')
      .accept()
      .say({ type: 'reset', reason: 'replaced', head: 3, store_id: 'store-2' })
      .say(stateChange(3, 'math', 'COLD', 'DEAD'), stateChange(4, 'math', 'DEAD', 'READY'));
    slow.open(json({ ...snapshot(3, provider.dead('math')), store_id: 'store-2' }));
    await waitFor(() => {
      expect(stateOf('math')).toBe('ready');
    });
    expect(fleetStore.getState().fleet.storeId).toBe('store-2');
  });

  it('says when the snapshot fails, and recovers on retry', async () => {
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

  it('never asks for a provider whose deletion has been told', async () => {
    on('GET /api/providers', snapshot(10, provider.cold('math')));
    hold();
    await waitFor(() => socketOf('ws/events'));
    vi.useFakeTimers();
    try {
      const socket = socketOf('ws/events').accept();
      socket.say(event(11, 'ProviderUpdated', 'math'));
      // Between the step that makes the sentence stale and the moment of asking for a new one.
      await vi.advanceTimersByTimeAsync(200);
      socket.say(event(12, 'ProviderDeregistered', 'math'));
      await vi.advanceTimersByTimeAsync(1000);
    } finally {
      vi.useRealTimers();
    }
    expect(callsTo('GET /api/providers/math')).toHaveLength(0);
    expect(stateOf('math')).toBeUndefined();
  });

  it('fetches many stale sentences as one list', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    on('GET /api/providers', snapshot(10, ...ids.map((id) => provider.cold(id))));
    hold();
    await waitFor(() => socketOf('ws/state'));
    on('GET /api/providers', snapshot(40, ...ids.map((id) => provider.ready(id))));
    socketOf('ws/state')
      .accept()
      .say(...ids.map((id, i) => stateChange(11 + i, id, 'COLD', 'READY')));
    await waitFor(() => {
      expect(callsTo('GET /api/providers')).toHaveLength(2);
    });
  });

  it('is shared and closes its sockets after the last user', async () => {
    on('GET /api/providers', snapshot(1));
    hold();
    const second = holdFleet();
    await waitFor(() => socketOf('ws/events'));
    second();
    expect(socketsOf().every((socket) => !socket.closed)).toBe(true);
    release?.();
    expect(socketsOf().every((socket) => socket.closed)).toBe(true);
  });

  it('learns of a new provider by event', async () => {
    on('GET /api/providers', snapshot(1));
    on(
      'GET /api/providers/new',
      detail(provider.cold('new', { description: 'fresh' }), { position: 2 }),
    );
    hold();
    await waitFor(() => socketOf('ws/events'));
    socketOf('ws/events')
      .accept()
      .say(event(2, 'ProviderRegistered', 'new', { mode: 'docker' }));
    await waitFor(() => {
      expect(fleetStore.getState().fleet.providers.new?.description).toBe('fresh');
    });
  });
});
