import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { setPrefs } from '../../store/prefs';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import {
  delta,
  event,
  group,
  groupList,
  member,
  provider,
  snapshot,
} from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const disabled = { reason: 'exited', failure_cycles: 5, at: '2026-11-20T10:00:00Z' };

beforeEach(() => {
  setPrefs({ putAside: [] });
  on(
    'GET /api/providers',
    snapshot(
      10,
      provider.ready('math', { calls_total: 40, calls_failed: 10 }),
      provider.dead('web', {
        disabled,
        status: {
          level: 'error',
          summary: 'Disabled after 5 failures',
          detail: '',
          action: 'start',
        },
      }),
    ),
  );
  on('GET /api/groups', groupList(group.healthy('pool', member('math'))));
  on('GET /api/events', {
    events: [event(3, 'ProviderStopped', 'web', { reason: 'idle' })],
    oldest: 3,
    head: 10,
  });
  on('GET /api/system', {
    system: { uptime_seconds: 3_660, version: '1.2.3' },
    position: 10,
    store_id: 'store-1',
  });
});

const needs = () => screen.findByRole('region', { name: 'Needs attention' });

describe('the Overview', () => {
  it('is where / leads to: first what needs a person, with the act that helps', async () => {
    on('POST /api/providers/web/start', { provider: 'web', state: 'ready', tools: [] });
    const { user } = renderApp('/');
    const list = within(await needs());
    expect(list.getByRole('heading', { name: /^Disabled after failures/ })).toBeVisible();
    await user.click(list.getByRole('button', { name: 'Start' }));
    await waitFor(() => {
      expect(callsTo('POST /api/providers/web/start')).toHaveLength(1);
    });
    socketOf('ws/state')
      .accept()
      .say(delta(11, [provider.ready('web')]));
    expect(await screen.findByText(/^Nothing needs you\. 2 providers/)).toBeVisible();
    expect(document.title).toBe('Overview · Hangar');
  });

  it('puts an item aside until it changes', async () => {
    const { user } = renderApp('/');
    await user.click(await screen.findByRole('button', { name: /^Put web aside/ }));
    expect(await screen.findByText('Nothing new needs you.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Show 1 put aside' }));
    expect(await screen.findByRole('button', { name: /^Take web up again/ })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Hide 1 put aside' }));
    socketOf('ws/state')
      .accept()
      .say(delta(11, [provider.dead('web')])); // another cause: news
    expect(await screen.findByRole('heading', { name: /^Not running/ })).toBeVisible();
  });

  it('shows signals, who is busiest and what changed', async () => {
    renderApp('/');
    const signals = await screen.findByRole('region', { name: 'Signals' });
    await waitFor(() => {
      expect(signals).toHaveTextContent('1 h 1 min');
    });
    expect(signals).toHaveTextContent('75.0 % answered well');
    expect(screen.getByText('25.0 % failed')).toBeVisible();
    expect(await screen.findByText('Stopped: idle')).toBeVisible();
  });

  it('walks the fleet by keyboard and opens a provider', async () => {
    const { user, address } = renderApp('/');
    const strip = await screen.findByRole('listbox', { name: 'All providers by group' });
    await waitFor(() => {
      expect(within(strip).getByRole('group', { name: 'pool' })).toBeVisible();
    });
    strip.focus();
    await user.keyboard('{ArrowRight}');
    expect(within(strip).getByRole('option', { selected: true })).toHaveAccessibleName('web: dead');
    await user.keyboard('{Enter}');
    await waitFor(() => {
      expect(address()).toBe('/providers/web');
    });
  });

  it('loads quietly, fails in words, and is a welcome where nothing is yet', async () => {
    const slow = gate();
    on('GET /api/providers', () => slow.answer);
    const first = renderApp('/');
    expect(await screen.findByRole('status', { name: 'Loading the fleet' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/providers', () => json(snapshot(1)));
    await first.user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('No providers yet')).toBeVisible();
    await first.user.click(screen.getByRole('button', { name: 'Add provider' }));
    expect(await screen.findByRole('dialog', { name: 'Add provider' })).toBeVisible();
  });
});
