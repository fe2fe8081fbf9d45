import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Found, Source } from '../../api/types';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { detail, event, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';
import { bodyOf } from './AddSource';

const found = (name: string, change: Partial<Found> = {}): Found => ({
  name,
  key: name,
  source: 'filesystem',
  source_type: 'filesystem',
  source_id: 'filesystem-1',
  mode: 'subprocess',
  status: 'pending',
  reason: '',
  evidence: '',
  origin: `/etc/hangar.d/${name}.yaml`,
  connection_info: detail(provider.cold(name)).configuration,
  metadata: {},
  risks: [],
  also_at: [],
  fingerprint: `print-of-${name}`,
  registered_fingerprint: null,
  discovered_at: '2026-11-20T10:00:00Z',
  last_seen_at: '2026-11-20T10:00:00Z',
  since: '2026-11-20T10:00:00Z',
  ttl_seconds: 90,
  is_expired: false,
  is_missing: false,
  ...change,
});

const source: Source = {
  source_id: 'filesystem-1',
  type: 'filesystem',
  mode: 'additive',
  enabled: true,
  last_scan: '2026-11-20T10:00:00Z',
  config: { path: '/etc/hangar.d' },
  source: 'api',
  is_healthy: true,
  error_message: null,
  providers_count: 2,
  created_at: '2026-11-20T10:00:00Z',
  updated_at: '2026-11-20T10:00:00Z',
};

const all = [
  found('old', { status: 'registered', registered_fingerprint: 'another' }),
  found('new', { risks: ['asks for the network'] }),
  found('odd', { status: 'quarantined', reason: 'no command', mode: '' }),
];

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('old')));
  on('GET /api/discovery/providers', { providers: all });
  on('GET /api/discovery/sources', { sources: [source] });
});

const as = (permissions: string) => {
  on('GET /api/auth/whoami', {
    principal_id: 'ann',
    type: 'user',
    via: 'session',
    permissions: permissions.split(' '),
  });
};

const rows = () =>
  within(screen.getByRole('table', { name: 'Found' }))
    .getAllByRole('row')
    .slice(1);

describe('the Discovery page', () => {
  it('begins with what has to be decided, and approves what was seen', async () => {
    on('POST /api/discovery/approve/new', () => json({ approved: true }));
    const { user } = renderApp('/discovery');
    await screen.findByRole('table', { name: 'Found' });
    expect(rows().map((row) => row.textContent.replace(/demo.*/, ''))).toEqual([
      'pendingnew',
      'quarantinedodd',
      'registeredold',
    ]);
    expect(screen.getByText('1 server to decide about')).toBeVisible();
    expect(within(rows()[2]!).getByText(/has changed since it was approved/)).toBeVisible();
    expect(within(rows()[1]!).getByRole('button', { name: 'Approve odd' })).toBeDisabled();
    await user.click(within(rows()[0]!).getByRole('button', { name: 'Approve new' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('asks for the network')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Approve new' }));
    await waitFor(() => {
      expect(callsTo('POST /api/discovery/approve/new')[0]?.body).toEqual({
        fingerprint: 'print-of-new',
      });
    });
  });

  it('rejects at once, which can be taken back by approving', async () => {
    on('POST /api/discovery/reject/new', () => json({ rejected: true }));
    const { user } = renderApp('/discovery?status=pending');
    await screen.findByRole('table', { name: 'Found' });
    expect(rows()).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Reject new' }));
    await waitFor(() => {
      expect(callsTo('POST /api/discovery/reject/new')).toHaveLength(1);
    });
  });

  it('shows all about one beside the list, by its address', async () => {
    const { user, address } = renderApp('/discovery?sel=old');
    const panel = within(await screen.findByRole('complementary', { name: 'About old' }));
    expect(panel.getByText('/etc/hangar.d/old.yaml')).toBeVisible();
    expect(panel.getByRole('link', { name: 'Open the provider' })).toBeVisible();
    await user.click(panel.getByRole('button', { name: 'Close' }));
    expect(address()).toBe('/discovery');
  });

  it('decides about several at once, each with the definition that was seen', async () => {
    on('GET /api/discovery/providers', { providers: [...all, found('more')] });
    on('POST /api/discovery/approve/new', () => json({ approved: true }));
    on('POST /api/discovery/approve/more', () => json({ approved: true }));
    const { user } = renderApp('/discovery');
    await user.click(await screen.findByRole('checkbox', { name: 'Mark all that are shown' }));
    const bar = within(screen.getByRole('region', { name: 'Marked' }));
    expect(bar.getByText('4 servers marked')).toBeVisible();
    expect(bar.getByRole('button', { name: 'Reject 3 servers' })).toBeEnabled();
    await user.click(bar.getByRole('button', { name: 'Approve 2 servers' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('asks for the network')).toBeVisible();
    expect(dialog.getByText(/^2 of those that are marked are left/)).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Approve 2 servers' }));
    await waitFor(() => {
      expect(callsTo('POST /api/discovery/approve/more')[0]?.body).toEqual({
        fingerprint: 'print-of-more',
      });
    });
    await waitFor(() => {
      expect(screen.queryByRole('region', { name: 'Marked' })).toBeNull();
    });
    expect(callsTo('POST /api/discovery/approve/new')).toHaveLength(1);
    expect(callsTo('POST /api/discovery/approve/odd')).toHaveLength(0); // looked at one by one
  });

  it('compares what was found with the provider that has the name', async () => {
    const has = detail(provider.cold('old'));
    on('GET /api/providers/old', has);
    on('GET /api/discovery/providers', {
      providers: [
        found('old', { connection_info: { ...has.configuration, command: ['demo', '--new'] } }),
      ],
    });
    renderApp('/discovery?sel=old');
    const panel = within(await screen.findByRole('complementary', { name: 'About old' }));
    const diff = await panel.findByRole('group', { name: 'Difference to the provider old' });
    expect(diff).toHaveTextContent('+["demo","--new"]');
    expect(panel.getByRole('link', { name: 'filesystem-1' })).toBeVisible();
  });

  it('shows the last looks at each source', async () => {
    const look = (position: number, fields: object) =>
      event(position, 'DiscoveryCycleCompleted', '', { source_id: 'filesystem-1', ...fields });
    on('GET /api/events', {
      events: [look(1, { discovered_count: 2 }), look(2, { error_count: 1 })],
      head: 2,
      oldest: 1,
    });
    as('discovery:read event:read');
    renderApp('/discovery?tab=sources');
    const strip = await screen.findByRole('img', { name: /^Last looks at/ });
    expect(within(strip).getByTitle(/it could not be looked at/)).toBeVisible();
    expect(within(strip).getByTitle(/2 shown/)).toBeVisible();
  });

  it('switches a source off and on again, and removes only what is not of the file', async () => {
    on('PUT /api/discovery/sources/filesystem-1/enable', () => json({}));
    on('GET /api/discovery/sources', {
      sources: [
        source,
        {
          ...source,
          source_id: 'labels',
          source: 'file',
          is_healthy: false,
          error_message: 'no engine',
        },
      ],
    });
    const { user } = renderApp('/discovery?tab=sources');
    const table = await screen.findByRole('table', { name: 'Sources' });
    expect(table).toHaveTextContent('failing');
    await user.click(screen.getByRole('button', { name: 'More for labels' }));
    expect(await screen.findByRole('menuitem', { name: /Remove/ })).toHaveAttribute(
      'data-disabled',
    );
    await user.keyboard('{Escape}');
    await user.click(screen.getByRole('button', { name: 'More for filesystem-1' }));
    await user.click(await screen.findByRole('menuitem', { name: /Switch off/ }));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(
        callsTo('PUT /api/discovery/sources/filesystem-1/enable').map(({ body }) => body),
      ).toEqual([{ enabled: false }, { enabled: true }]);
    });
  });

  it('adds a source, and shows what is wrong with it at its field', async () => {
    on('GET /api/discovery/sources', { sources: [] });
    on('POST /api/discovery/sources', () =>
      failure(422, 'ValidationError', 'no', {
        errors: [{ field: 'body.config.path', message: 'is not absolute' }],
      }),
    );
    const { user } = renderApp('/discovery');
    await user.click(await screen.findByRole('button', { name: 'Add source' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.type(dialog.getByLabelText(/^Directory/), 'here');
    await user.click(dialog.getByRole('button', { name: 'Add source' }));
    expect(await dialog.findByText('is not absolute')).toBeVisible();
  });

  it('loads quietly, fails in words, and asks again when something is found', async () => {
    const slow = gate();
    on('GET /api/discovery/providers', () => slow.answer);
    const { user } = renderApp('/discovery');
    expect(await screen.findByRole('status', { name: 'Loading what was found' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/discovery/providers', { providers: [] });
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nothing was found yet')).toBeVisible();
    on('GET /api/discovery/providers', { providers: all });
    socketOf('event_type=ProviderDiscovered')
      .accept()
      .say(event(4, 'ProviderDiscovered', 'new'));
    expect(await screen.findByRole('table', { name: 'Found' })).toBeVisible();
  });
});

describe('a new source', () => {
  const values = { where: '', authoritative: false, autoApprove: false };
  it.each([
    [{ ...values, type: 'docker' as const }, 'additive', {}],
    [{ ...values, type: 'entrypoint' as const }, 'additive', { search_path: true }],
    [
      { ...values, type: 'entrypoint' as const, where: '/a, /b', autoApprove: true },
      'additive',
      { directories: ['/a', '/b'], auto_approve: true },
    ],
    [
      { ...values, type: 'filesystem' as const, where: ' /d ', authoritative: true },
      'authoritative',
      { path: '/d' },
    ],
  ])('%j looks as asked', (from, mode, config) => {
    expect(bodyOf(from)).toMatchObject({ source_type: from.type, mode, config });
  });
});
