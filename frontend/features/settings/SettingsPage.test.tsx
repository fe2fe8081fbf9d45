import { screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { setPrefs } from '../../store/prefs';
import { callsTo, failure, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { formatClock, formatDateTime } from '../../ui/format';
import { byResource, keptBy } from './view';

const me = (...permissions: string[]) => ({
  principal_id: 'ann',
  type: 'user',
  via: 'session',
  permissions,
});

beforeEach(() => {
  setPrefs({ compact: false, utc: false, hour12: false, putAside: [] });
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/auth/whoami', me('system:read', 'system:write', 'provider:*'));
  on('GET /api/system', {
    system: {
      uptime_seconds: 3_660,
      version: '1.2.3',
      total_providers: 1,
      total_tools: 2,
      total_tool_calls: 3,
    },
    position: 1,
    store_id: 's',
  });
  on('GET /api/system/log-level', { level: 'info' });
});

describe('the Settings page', () => {
  it('shows times in UTC, and by the clock that is wanted', () => {
    setPrefs({ utc: true });
    expect(formatClock('2026-11-20T10:15:30.123Z')).toBe('10:15:30.123');
    expect(formatDateTime('2026-11-20T10:15:30Z')).toBe('20 Nov 2026, 10:15:30 UTC');
    setPrefs({ hour12: true });
    expect(formatDateTime('2026-11-20T14:15:30Z')).toMatch(/2:15:30\sPM UTC/);
  });

  it('changes the level of the log, and takes that back', async () => {
    on('PUT /api/system/log-level', { level: 'debug' });
    const { user } = renderApp('/settings?tab=server');
    await user.click(await screen.findByText('debug'));
    await waitFor(() => {
      expect(callsTo('PUT /api/system/log-level')[0]?.body).toEqual({ level: 'debug' });
    });
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('PUT /api/system/log-level')[1]?.body).toEqual({ level: 'info' });
    });
  });

  it('says who one is and what one may, and hides what one may not see', async () => {
    renderApp('/settings?tab=you');
    expect(await screen.findByRole('heading', { name: 'ann' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Sign out' })).toBeVisible();
    expect(screen.getByText('read, write')).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Audit' })).not.toBeInTheDocument();
  });

  it('names a failure', async () => {
    on('GET /api/system', () => failure(503, 'StorageFullError', 'the disk is full'));
    renderApp('/settings?tab=server');
    expect(await screen.findByRole('alert')).toHaveTextContent('the disk is full');
  });
});

describe('what the server says', () => {
  it('lists what may be done by what it is done to', () => {
    expect(byResource(['provider:start', 'log:read', 'provider:*'])).toEqual([
      { resource: 'log', actions: ['read'] },
      { resource: 'provider', actions: ['everything', 'start'] },
    ]);
  });

  it('tells what is kept with where that came from, and leaves out what it does not know', () => {
    expect(
      keptBy({
        file: '',
        settings: { storage: { event_days: 30 }, records: { calls: false } },
        origins: { 'storage.event_days': 'file' },
      } as never),
    ).toEqual([
      { key: 'storage.event_days', name: 'Events, by age', value: '30 days', origin: 'file' },
      { key: 'records.calls', name: 'Calls are put on record', value: 'no', origin: '' },
    ]);
  });
});
