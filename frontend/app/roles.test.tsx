import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, on } from '../testing/fakeApi';
import { catalogEntry, catalogList, provider, snapshot } from '../testing/factories';
import { renderApp } from '../testing/renderApp';

// What the built-in roles hold (backend/auth/role.go).
const roles = {
  viewer:
    'provider:read group:read catalog:read discovery:read operation:read tool:list log:read event:read call:read system:read metrics:read alert:read',
  auditor:
    'audit:read auth:read config:read provider:read group:read catalog:read discovery:read operation:read event:read call:read system:read metrics:read alert:read',
};

const inEffect = {
  config: { file: '', settings: {}, origins: {}, providers: [], groups: [], discovery: {} },
  needs_restart: [],
  last_reload: null,
};

const as = (permissions: string) => {
  on('GET /api/auth/whoami', {
    principal_id: 'ann',
    type: 'user',
    via: 'session',
    permissions: permissions.split(' '),
  });
};

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('files'), provider.cold('math')));
});

const rail = () => within(screen.getByRole('navigation', { name: 'Main' }));

describe('who looks', () => {
  it.each([
    [
      'viewer',
      ['Providers', 'Tools', 'Logs', 'Connect', 'Settings'],
      ['Access', 'Audit', 'Security', 'Playground', 'Configuration'],
    ],
    [
      'auditor',
      ['Access', 'Audit', 'Security', 'Configuration', 'Providers'],
      ['Tools', 'Logs', 'Playground', 'Connect'],
    ],
  ] as const)(
    'as %s finds in the rail, the palette and by chord what is theirs',
    async (role, has, lacks) => {
      as(roles[role]);
      const { user, address } = renderApp('/providers');
      await screen.findByRole('link', { name: 'math' });
      await waitFor(() => {
        expect(rail().queryByRole('link', { name: /^Playground/ })).toBeNull();
      });
      for (const page of has) expect(rail().getByRole('link', { name: page })).toBeVisible();
      for (const page of lacks) expect(rail().queryByRole('link', { name: page })).toBeNull();
      await user.keyboard('gr'); // the playground's
      expect(address()).toBe('/providers');
      await user.keyboard('{Control>}k{/Control}');
      await user.type(await screen.findByRole('combobox'), 'play');
      expect(screen.queryByRole('option', { name: /Playground/ })).toBeNull();
      await user.clear(screen.getByRole('combobox'));
      await user.type(screen.getByRole('combobox'), 'math');
      expect(await screen.findByRole('option', { name: /^math/ })).toBeVisible();
      expect(screen.queryByRole('option', { name: /Start math|Delete math/ })).toBeNull();
    },
  );

  it('sees what they may not do, with the reason, and it is not done by key either', async () => {
    as(roles.viewer);
    const { user } = renderApp('/providers');
    const start = await screen.findByRole('button', { name: 'Start math' });
    await waitFor(() => {
      expect(start).toBeDisabled();
    });
    expect(start).toHaveAttribute('title', expect.stringContaining('provider:start:math'));
    expect(screen.getByRole('button', { name: 'Add provider' })).toBeDisabled();
    screen.getByRole('link', { name: 'math' }).focus();
    await user.keyboard('s');
    await user.click(screen.getByRole('button', { name: 'More for math' }));
    expect(await screen.findByRole('menuitem', { name: /^Delete/ })).toHaveAttribute(
      'title',
      expect.stringContaining('provider:delete:math'),
    );
    expect(callsTo('POST /api/providers/math/start')).toHaveLength(0);
  });

  describe('is offered no form that would fail at its end', () => {
    const entry = catalogEntry('thing');
    beforeEach(() => {
      as(roles.viewer + ' config:read auth:read');
      on('GET /api/catalog', catalogList(entry));
      on('GET /api/catalog/thing', entry);
      on('GET /api/discovery/providers', { providers: [] });
      on('GET /api/discovery/sources', { sources: [] });
      on('GET /api/config', inEffect);
      on('GET /api/config/backups', { backups: [], total: 0 });
      on('GET /api/groups', { groups: [], total: 0 });
      on('GET /api/auth/principals', { principals: [] });
      on('GET /api/auth/roles', { roles: [] });
      on('GET /api/auth/policies', { policies: [] });
    });
    it.each([
      ['/catalog', 'Import server.json', 'catalog:write'],
      ['/catalog?import=1', 'Import', 'catalog:write'],
      ['/catalog?entry=thing', 'Deploy', 'provider:exec'],
      ['/config?tab=backups', 'Back up now', 'config:update'],
      ['/discovery', 'Add source', 'provider:exec'],
      ['/providers?add=1', 'Add provider', 'provider:exec'],
      ['/groups?add=1', 'Create group', 'group:create'],
      ['/access', 'Add', 'auth:update'],
      ['/access?tab=policies&edit=new', 'Add policy', 'auth:update'],
      ['/connect', 'Show what would happen', 'provider:exec'],
    ])('%s: %s takes %s', async (address, name, permission) => {
      renderApp(address);
      await waitFor(() => {
        const buttons = screen.getAllByRole('button', { name, hidden: true });
        for (const button of buttons) {
          expect(button).toBeDisabled();
          expect(button).toHaveAttribute(
            'title',
            `Not for you: you lack the permission ${permission}`,
          );
        }
      });
    });
  });

  it('reads that the file has changed without asking for a plan that is not theirs', async () => {
    as(roles.auditor);
    on('GET /api/config', {
      ...inEffect,
      config: { ...inEffect.config, file: '/etc/hangar.yaml' },
    });
    on('GET /api/config/backups', { backups: [], total: 0 });
    on('GET /api/config/diff', { diff: '@@ -1 +1 @@\n-a: 1\n+a: 2\n', has_changes: true });
    renderApp('/config');
    expect(await screen.findByText('The file is not what is in effect.')).toBeVisible();
    expect(await screen.findByRole('group', { name: 'Difference' })).toHaveTextContent('a: 2');
    expect(screen.getByRole('button', { name: 'Reload' })).toBeDisabled();
    expect(callsTo('POST /api/config/reload')).toHaveLength(0);
  });

  it('may do it to one thing and not to another', async () => {
    as('provider:read provider:start:math* provider:stop:web');
    renderApp('/providers');
    const stop = await screen.findByRole('button', { name: 'Stop files' });
    await waitFor(() => {
      expect(stop).toBeDisabled();
    });
    expect(screen.getByRole('button', { name: 'Start math' })).toBeEnabled();
  });

  it('is told what it would take when they come by a link', async () => {
    as(roles.viewer);
    renderApp('/audit');
    expect(await screen.findByRole('heading', { name: 'Audit is not for you' })).toBeVisible();
    expect(screen.getByText(/audit:read/)).toBeVisible();
  });
});
