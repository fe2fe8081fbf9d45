import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on, type Call } from '../../testing/fakeApi';
import { event, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';
import { diffLines } from '../../ui/DiffView';

const noChange = { added: [], removed: [], updated: [], unchanged: [] };
const affected = { id: 'math', fields: ['command'], restarts: true, running: true, in_flight: 2 };

const planned = (plan: object = {}) => ({
  status: 'planned',
  result: {
    success: true,
    config_path: '/etc/hangar.yaml',
    dry_run: true,
    providers_added: [],
    providers_removed: [],
    providers_updated: [],
    providers_unchanged: [],
    needs_restart: [],
    duration_ms: 1,
    plan: {
      providers: noChange,
      groups: noChange,
      discovery_sources: noChange,
      settings: [],
      ...plan,
    },
  },
});

const changed = planned({
  providers: { ...noChange, added: ['files'], updated: [affected] },
  settings: [{ key: 'listen', from: 'a', to: 'b', needs_restart: true }],
});

const inEffect = (file = '/etc/hangar.yaml') => ({
  config: {
    file,
    settings: { listen: '127.0.0.1:8000', limits: { max_concurrency: 256 }, allowed_hosts: [] },
    origins: {
      listen: 'flag --listen',
      'limits.max_concurrency': 'default',
      allowed_hosts: 'default',
    },
    providers: [
      {
        provider_id: 'math',
        mode: 'subprocess',
        source: 'file',
        command: ['demo'],
        image: '',
        args: [],
        endpoint: '',
      },
    ],
    groups: [
      { group_id: 'pool', source: 'api', members: [{ id: 'math', weight: 1, priority: 1 }] },
    ],
    discovery: {},
  },
  needs_restart: [],
  last_reload: null,
});

const backup = {
  backup_id: 'B1',
  path: '/data/backups/B1.yaml',
  label: 'before the move',
  created_at: '2026-11-20T10:00:00Z',
  version: '0.1.0',
  size_bytes: 354,
  providers: 1,
  groups: 0,
  problem: '',
};

const plans = (answer: object) => {
  on('POST /api/config/reload', (call: Call) =>
    json(
      (call.body as { dry_run?: boolean }).dry_run ? answer : { ...planned(), status: 'reloaded' },
    ),
  );
};

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/config', inEffect());
  on('GET /api/config/backups', { backups: [backup], total: 1 });
  on('GET /api/config/diff', {
    diff: '--- on-disk\n+++ in-memory\n@@ -1,2 +1,1 @@\n providers:\n-  files: {}\n',
    has_changes: true,
    has_diff: true,
  });
  plans(changed);
});

describe('the Configuration page', () => {
  it('says what the file would change, and reloads after the plan was seen', async () => {
    const { user } = renderApp('/config');
    expect(await screen.findByText('The file has 3 changes that are not in effect.')).toBeVisible();
    const plan = within(await screen.findByRole('list', { name: 'Plan' }));
    expect(
      screen.getByText(
        '1 to add, 2 to change. 1 provider restarted, 2 calls under way affected, 1 setting only at the next start of Hangar.',
      ),
    ).toBeVisible();
    expect(plan.getByText('files')).toBeVisible();
    expect(plan.getByText('command; restarts; 2 calls under way may end first')).toBeVisible();
    expect(plan.getByText('a → b, at the next start of Hangar')).toBeVisible();
    expect(await screen.findByRole('group', { name: 'Difference' })).toHaveTextContent('files: {}');

    await user.click(screen.getByRole('button', { name: 'Reload' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('files')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Reload the configuration file' }));
    await waitFor(() => {
      expect(
        callsTo('POST /api/config/reload').some(({ body }) => JSON.stringify(body) === '{}'),
      ).toBe(true);
    });
  });

  it('names line and column of what makes the file useless', async () => {
    on('POST /api/config/reload', () =>
      failure(422, 'ConfigurationError', 'the file cannot be used', {
        problems: [
          {
            where: '/etc/hangar.yaml',
            line: 7,
            column: 3,
            key: 'providers.math.comand',
            message: 'unknown key',
          },
        ],
      }),
    );
    renderApp('/config');
    const list = within(await screen.findByRole('list', { name: 'Problems of the file' }));
    expect(list.getByText('hangar.yaml:7:3')).toBeVisible();
    expect(list.getByText('unknown key')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Reload' })).toBeDisabled();
  });

  it('shows each setting with where it comes from, filtered by the address', async () => {
    renderApp('/config?tab=settings&q=limits');
    const table = await screen.findByRole('table', { name: 'Settings' });
    expect(within(table).getAllByRole('row')).toHaveLength(2);
    expect(table).toHaveTextContent('limits.max_concurrency256default');
  });

  it('shows only those that come from where one asks', async () => {
    const { user, address } = renderApp('/config?tab=settings');
    await screen.findByRole('table', { name: 'Settings' });
    await user.click(screen.getByRole('button', { name: /^flag/ }));
    expect(address()).toBe('/config?tab=settings&origin=flag');
    expect(within(screen.getByRole('table')).getAllByRole('row')).toHaveLength(2);
  });

  it('compares a backup with another one', async () => {
    const later = { ...backup, backup_id: 'B2', label: 'after' };
    on('GET /api/config/backups', { backups: [later, backup], total: 2 });
    const { user, address } = renderApp('/config?tab=backups&backup=B1');
    await user.selectOptions(await screen.findByLabelText('Compared with'), 'B2');
    expect(address()).toBe('/config?tab=backups&backup=B1&against=B2');
    await waitFor(() => {
      const asked = callsTo('GET /api/config/diff').at(-1)?.query;
      expect([asked?.get('from'), asked?.get('to')]).toEqual(['B2', 'B1']);
    });
    expect(await screen.findByText(/only in “after” of/)).toBeVisible();
  });

  it('tells what happened to it, the newest first', async () => {
    const at = { requested_by: 'file_watcher', config_path: '/etc/hangar.yaml' };
    const some = { providers_added: ['files'], providers_removed: [], groups_updated: ['pool'] };
    on('GET /api/events', {
      events: [
        event(1, 'ConfigurationBackupCreated', '', { backup_id: 'B1', label: 'noon' }),
        event(2, 'ConfigurationReloaded', '', { ...at, ...some, needs_restart: ['listen'] }),
        event(3, 'ConfigurationReloadFailed', '', { ...at, reason: 'hangar.yaml:7: no' }),
      ],
      head: 3,
      oldest: 1,
    });
    renderApp('/config?tab=history');
    const rows = within(await screen.findByRole('table', { name: 'History' })).getAllByRole('row');
    expect(rows[1]).toHaveTextContent('not reloadedhangar.yaml:7: noa change of the file');
    expect(rows[2]).toHaveTextContent(
      'reloadedadded: files; updated: pool; at the next start: listen',
    );
    expect(rows[3]).toHaveTextContent('backed upnoon');
  });

  it('tells who owns what', async () => {
    const { user } = renderApp('/config?tab=definitions');
    const table = await screen.findByRole('table', { name: 'Definitions' });
    expect(within(table).getAllByRole('row')).toHaveLength(3);
    await user.click(screen.getByRole('button', { name: /^REST/ }));
    await waitFor(() => {
      expect(within(screen.getByRole('table')).getAllByRole('row')).toHaveLength(2);
    });
    expect(screen.getByRole('link', { name: 'pool' })).toBeVisible();
  });

  it('makes backups, compares one and restores it once its name was typed', async () => {
    on('POST /api/config/backup', { ...backup, created: true, backup_path: backup.path });
    on('POST /api/config/backups/B1/restore', planned());
    const { user, address } = renderApp('/config?tab=backups');
    const table = await screen.findByRole('table', { name: 'Backups' });
    await user.type(screen.getByLabelText('What the backup is for'), 'noon');
    await user.click(screen.getByRole('button', { name: 'Back up now' }));
    await waitFor(() => {
      expect(callsTo('POST /api/config/backup')[0]?.body).toEqual({ label: 'noon' });
    });
    await user.click(within(table).getByRole('button', { name: /2026/ }));
    expect(address()).toBe('/config?tab=backups&backup=B1');
    await user.click(await screen.findByRole('button', { name: 'Restore' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(await dialog.findByText('Nothing would change.')).toBeVisible();
    const confirm = dialog.getByRole('button', { name: 'Restore “before the move”' });
    expect(confirm).toBeDisabled();
    await user.type(dialog.getByRole('textbox'), 'B1');
    await user.click(confirm);
    await waitFor(() => {
      const bodies = callsTo('POST /api/config/backups/B1/restore').map(({ body }) => body);
      expect(bodies).toContainEqual({});
    });
  });

  it('says when there is no file and no backup', async () => {
    on('GET /api/config', inEffect(''));
    on('GET /api/config/backups', { backups: [], total: 0 });
    const { user } = renderApp('/config');
    expect(await screen.findByText('There is no file')).toBeVisible();
    expect(callsTo('POST /api/config/reload')).toHaveLength(0);
    await user.click(screen.getByRole('tab', { name: /^Backups/ }));
    expect(await screen.findByText('No backups yet')).toBeVisible();
  });

  it('loads quietly, fails in words, and looks again after a reload elsewhere', async () => {
    const slow = gate();
    on('GET /api/config', () => slow.answer);
    plans(planned());
    const { user } = renderApp('/config');
    expect(await screen.findByRole('status', { name: 'Loading the configuration' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/config', inEffect());
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('The file says what is in effect.')).toBeVisible();
    plans(changed);
    socketOf('event_type=ConfigurationReloaded')
      .accept()
      .say(event(3, 'ConfigurationReloaded', ''));
    expect(await screen.findByText('The file has 3 changes that are not in effect.')).toBeVisible();
  });
});

describe('a unified diff', () => {
  it('is lines that came, went and stayed, without its header', () => {
    expect(diffLines('--- a\n+++ b\n@@ -1 +1 @@\n x\n-y\n+z\n')).toEqual([
      { kind: 'hunk', text: '@@ -1 +1 @@' },
      { kind: 'same', text: 'x' },
      { kind: 'remove', text: 'y' },
      { kind: 'add', text: 'z' },
    ]);
  });
});
