import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../api/types';
import { callsTo, failure, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { groupsOf } from './view';

const denied = (position: number, change: Partial<SecurityEvent> = {}): SecurityEvent => ({
  event_id: `e${position}`,
  event_type: 'access_denied',
  severity: 'medium',
  message: 'bob was denied DELETE /api/providers: no role',
  timestamp: '2026-11-20T10:00:00Z',
  user_id: 'bob',
  source_ip: '10.0.0.9',
  details: { times: 3 },
  position,
  ...change,
});

const drift = denied(9, {
  event_type: 'provider_compromise_suspected',
  message: 'tool add of math is not what it was',
  user_id: 'fleet',
  provider_id: 'math',
  tool_name: 'add',
  details: {},
});

const page = (...events: SecurityEvent[]) => ({ events, total: events.length, next_before: 0 });

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/observability/security', page(drift, denied(8), denied(7)));
});

describe('the Security page', () => {
  it('tells what the same did from the same place as one line, with its number', async () => {
    const { user } = renderApp('/security');
    await user.click(await screen.findByRole('button', { name: /^bob was denied/ }));
    expect(screen.getAllByRole('row')).toHaveLength(3);
    const about = within(await screen.findByRole('complementary', { name: 'About the event' }));
    expect(about.getByText('6 times')).toBeVisible();
    expect(about.getByRole('link', { name: 'Keys and roles of bob' })).toBeVisible();
    await user.click(screen.getByText('Each'));
    await waitFor(() => {
      expect(screen.getAllByRole('row')).toHaveLength(4);
    });
  });

  it('filters by topic here and by severity at the server, in the address', async () => {
    const { user, address } = renderApp('/security');
    await user.click(await screen.findByRole('button', { name: /^Drift/ }));
    await waitFor(() => {
      expect(screen.getAllByRole('row')).toHaveLength(2);
    });
    await user.click(screen.getByRole('button', { name: /^medium/ }));
    await waitFor(() => {
      expect(callsTo('GET /api/observability/security').at(-1)?.query.getAll('severity')).toEqual([
        'medium',
      ]);
    });
    expect(address()).toBe('/security?topic=drift&severity=medium');
  });

  it('keeps back what is only information until its chip is pressed, and counts it all the same', async () => {
    const info = denied(10, { severity: 'info', message: 'eve signed in', user_id: 'eve' });
    on('GET /api/observability/security', page(info, drift, denied(8)));
    const { user } = renderApp('/security');
    expect(await screen.findByText('2 events, 1 of severity info not shown')).toBeVisible();
    expect(screen.queryByText('eve signed in')).toBeNull();
    on('GET /api/observability/security', page(info));
    await user.click(screen.getByRole('button', { name: /^info\s*1$/ }));
    expect(await screen.findByText('eve signed in')).toBeVisible();
  });

  it('with nothing but information leads to that', async () => {
    on('GET /api/observability/security', page(denied(10, { severity: 'info' })));
    const { user, address } = renderApp('/security');
    await user.click(await screen.findByRole('button', { name: 'Show 1 event of severity info' }));
    expect(await screen.findByRole('table', { name: 'Security events' })).toBeVisible();
    expect(address()).toBe('/security?severity=info');
  });

  it('names a failure, and says when there is nothing', async () => {
    on('GET /api/observability/security', () => failure(403, 'AccessDeniedError', 'not for you'));
    const { user } = renderApp('/security');
    const alert = await screen.findByRole('alert');
    on('GET /api/observability/security', page());
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nothing to report')).toBeVisible();
  });
});

describe('sources of trouble', () => {
  it('are told apart by who, where and what, newest first', () => {
    const groups = groupsOf([denied(5), denied(4), denied(3, { source_ip: '10.0.0.1' }), drift]);
    expect(groups.map(({ newest, times }) => [newest.position, times])).toEqual([
      [9, 1],
      [5, 6],
      [3, 3],
    ]);
  });
});
