import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../api/types';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { event, group, groupList, member, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const alert = (id: string, change: Partial<Alert> = {}): Alert => ({
  alert_id: id,
  rule: 'provider_dead',
  subject: 'provider:web',
  provider_id: 'web',
  level: 'critical',
  state: 'firing',
  message: 'provider web is not running after a failure',
  event_type: 'ProviderStateChanged',
  details: { failures: 3 },
  timestamp: '2026-11-20T10:00:00Z',
  created_at: '2026-11-20T10:00:00Z',
  resolved_at: null,
  count: 1,
  acknowledged_at: null,
  acknowledged_by: '',
  note: '',
  silenced: false,
  ...change,
});

const short = alert('a2', {
  rule: 'group_below_minimum',
  subject: 'group:pool',
  provider_id: '',
  message: 'group pool has no member that can be called',
});

const alerts = (...all: Alert[]) => ({ alerts: all, total: all.length });

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.dead('web')));
  on('GET /api/groups', groupList(group.down('pool', member('web'))));
  on('GET /api/auth/whoami', {
    principal_id: 'ann',
    type: 'user',
    via: 'session',
    permissions: ['*:*'],
  });
  on('GET /api/observability/alerts', alerts(short, alert('a1')));
  on('GET /api/observability/silences', { silences: [] });
});

const open = () => screen.findByRole('list', { name: 'Alerts for somebody to take up' });

describe('the Alerts page', () => {
  it('shows one line per cause, with what comes of it, and counts them in the navigation', async () => {
    renderApp('/alerts');
    const causes = await open();
    expect(within(causes).getByRole('button', { name: 'Provider not running' })).toBeVisible();
    await waitFor(() => {
      expect(
        within(within(causes).getByRole('list', { name: 'What comes of it, web' })).getByText(
          'Group below its minimum',
        ),
      ).toBeVisible();
    });
    expect(await screen.findByText('2 alerts to take up')).toBeInTheDocument();
  });

  it('acknowledges with a note, and takes that back', async () => {
    on('POST /api/observability/alerts/a1/acknowledge', {});
    on('DELETE /api/observability/alerts/a1/acknowledge', {});
    const { user } = renderApp('/alerts?sel=a1');
    const about = within(await screen.findByRole('complementary', { name: 'About the alert' }));
    await user.type(about.getByLabelText('A note for the others'), 'on it');
    await user.click(about.getByRole('button', { name: 'Acknowledge' }));
    await waitFor(() => {
      expect(callsTo('POST /api/observability/alerts/a1/acknowledge')[0]?.body).toEqual({
        note: 'on it',
      });
    });
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/observability/alerts/a1/acknowledge')).toHaveLength(1);
    });
  });

  it('silences for a time, and the way back ends the very silence that was made', async () => {
    on('POST /api/observability/silences', () =>
      json({ silence: { silence_id: 's1', rule: 'provider_dead', subject: 'provider:web' } }, 201),
    );
    on('DELETE /api/observability/silences/s1', {});
    const { user } = renderApp('/alerts');
    await user.click(await screen.findByRole('button', { name: /^Silence provider not running/ }));
    await user.click(await screen.findByRole('menuitem', { name: '8 hours' }));
    await waitFor(() => {
      expect(callsTo('POST /api/observability/silences')[0]?.body).toEqual({
        rule: 'provider_dead',
        subject: 'provider:web',
        minutes: 480,
      });
    });
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/observability/silences/s1')).toHaveLength(1);
    });
  });

  it('asks again when an event says that an alert has changed', async () => {
    renderApp('/alerts');
    await open();
    on(
      'GET /api/observability/alerts',
      alerts(alert('a1', { state: 'resolved', resolved_at: '2026-11-20T10:05:00Z' })),
    );
    socketOf('event_type=AlertFired')
      .accept()
      .say(event(9, 'AlertResolved', 'web'));
    expect(await screen.findByText('Nothing is wrong')).toBeVisible();
  });

  it('keeps what is taken up or silenced apart, and filters by level and words in the address', async () => {
    on(
      'GET /api/observability/alerts',
      alerts(
        alert('a1'),
        alert('a3', {
          level: 'warning',
          rule: 'calls_slow',
          subject: 'provider:math',
          acknowledged_at: '2026-11-20T10:01:00Z',
          acknowledged_by: 'bob',
          note: 'known',
        }),
      ),
    );
    const { user, address } = renderApp('/alerts');
    const taken = await screen.findByRole('list', {
      name: 'Alerts that are taken up or silenced',
    });
    expect(taken).toHaveTextContent('bob is at it: known');
    await user.click(screen.getByRole('button', { name: /^critical/ }));
    expect(address()).toBe('/alerts?level=critical');
    await waitFor(() => {
      expect(screen.queryByText('bob is at it: known')).not.toBeInTheDocument();
    });
  });

  it('loads quietly, and names a failure', async () => {
    const slow = gate();
    on('GET /api/observability/alerts', async () => (await slow.answer).clone());
    const { user } = renderApp('/alerts');
    expect(await screen.findByRole('status', { name: 'Loading alerts' })).toBeVisible();
    slow.open(failure(503, 'StorageFullError', 'the disk is full'));
    const panel = await screen.findByRole('alert');
    expect(panel).toHaveTextContent('the disk is full');
    on('GET /api/observability/alerts', alerts());
    await user.click(within(panel).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nothing is wrong')).toBeVisible();
  });
});
