import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, on } from '../testing/fakeApi';
import { provider, snapshot } from '../testing/factories';
import { renderApp } from '../testing/renderApp';

// What the built-in roles hold (backend/auth/role.go).
const roles = {
  viewer:
    'provider:read group:read catalog:read discovery:read operation:read tool:list log:read event:read call:read system:read metrics:read alert:read',
  auditor:
    'audit:read auth:read config:read provider:read group:read catalog:read discovery:read operation:read event:read call:read system:read metrics:read alert:read',
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
