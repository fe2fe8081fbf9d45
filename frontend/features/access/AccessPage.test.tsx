import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { fleetTool, provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';

const ann = {
  principal_id: 'ann',
  type: 'user',
  roles: ['viewer'],
  groups: [],
  disabled: false,
  description: 'on call',
  created_at: '2026-11-20T10:00:00Z',
  updated_at: '2026-11-20T10:00:00Z',
};

const role = (id: string, builtin = true) => ({
  role_id: id,
  name: id,
  description: `for ${id}`,
  permissions: ['provider:read'],
  permissions_count: 1,
  is_builtin: builtin,
});

const key = {
  key_id: 'k1',
  name: 'laptop',
  prefix: 'mcp_abc',
  active: true,
  revoked: false,
  revoked_at: null,
  revocation_reason: '',
  replaced_by: '',
  created_at: '2026-11-20T10:00:00Z',
  created_by: 'x',
  expires_at: null,
  last_used_at: null,
};

const denied = {
  provider_id: 'math',
  tool_name: 'a*',
  principal_id: 'ann',
  effect: 'deny',
  exact: true,
  created_at: '2026-11-20T10:00:00Z',
};

const mayNot = {
  principal_id: 'ann',
  type: 'user',
  allowed: false,
  granted_by_role: null,
  reason: 'a policy of math a* denies ann',
};

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/auth/whoami', {
    principal_id: 'local',
    type: 'user',
    via: 'open',
    permissions: ['*:*'],
  });
  on('GET /api/auth/principals', { principals: [ann], total: 1 });
  on('GET /api/auth/roles', {
    roles: [role('viewer'), role('mine', false)],
    total: 2,
    builtin_count: 1,
    custom_count: 1,
  });
  on('GET /api/auth/policies', { policies: [denied], total: 1 });
  on('GET /api/auth/permissions', {
    resources: [{ resource: 'tool', actions: ['list', 'invoke'] }],
    reserved: ['admin', 'viewer'],
  });
  on('GET /api/tools', {
    tools: [fleetTool('math', 'add')],
    total: 1,
  });
  on('GET /api/auth/keys/ann', { principal_id: 'ann', keys: [key], total: 1, active: 1 });
});

const panel = async () => within(await screen.findByRole('complementary', { name: 'About ann' }));

describe('the Access page', () => {
  it('gives and takes roles, and takes that back', async () => {
    on('POST /api/auth/principals/ann/roles', {});
    on('DELETE /api/auth/principals/ann/roles/mine', {});
    const { user } = renderApp('/access');
    await user.click(await screen.findByRole('button', { name: 'ann' }));
    await user.selectOptions(
      (await panel()).getByRole('combobox', { name: 'Give a role' }),
      'mine',
    );
    await waitFor(() => {
      expect(callsTo('POST /api/auth/principals/ann/roles')[0]?.body).toEqual({ role_id: 'mine' });
    });
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/auth/principals/ann/roles/mine')).toHaveLength(1);
    });
  });

  it('shows a new key once, and revokes one after its name was typed', async () => {
    on('POST /api/auth/keys', () =>
      json(
        {
          key_id: 'k2',
          raw_key: 'mcp_secret',
          principal_id: 'ann',
          name: 'ci',
          expires_at: null,
          warning: '',
        },
        201,
      ),
    );
    on('DELETE /api/auth/keys/k1', {});
    const { user } = renderApp('/access?sel=ann');
    const about = await panel();
    await user.type(about.getByLabelText('Name of a new key'), 'ci');
    await user.click(about.getByRole('button', { name: 'Create key' }));
    expect(await about.findByText('mcp_secret')).toBeVisible();
    await user.click(about.getByRole('button', { name: 'Revoke laptop' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.type(dialog.getByRole('textbox'), 'laptop');
    await user.click(dialog.getByRole('button', { name: 'Revoke laptop' }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/auth/keys/k1')).toHaveLength(1);
    });
  });

  it('lists roles with what they permit; built-in ones stay', async () => {
    renderApp('/access?tab=roles&q=read');
    const table = await screen.findByRole('table', { name: 'Roles' });
    expect(within(table).getAllByRole('row')).toHaveLength(3);
    expect(screen.getByRole('button', { name: 'Delete role viewer' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Delete role mine' })).toBeEnabled();
  });

  it('rotates a key with an overlap and shows the new one', async () => {
    on('POST /api/auth/keys/k1/rotate', {
      key_id: 'k3',
      raw_key: 'mcp_next',
      principal_id: 'ann',
      name: 'laptop',
      expires_at: null,
      warning: '',
      rotated_key_id: 'k1',
      grace_until: '2026-11-21T10:00:00Z',
    });
    const { user } = renderApp('/access?sel=ann');
    const about = await panel();
    await user.click(await about.findByRole('button', { name: 'Rotate laptop' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.selectOptions(dialog.getByLabelText('The old one still opens'), 'for an hour');
    await user.click(dialog.getByRole('button', { name: 'Rotate laptop' }));
    expect(await about.findByText('mcp_next')).toBeVisible();
    expect(about.getByText(/The old one goes on to open until/)).toBeVisible();
    expect(callsTo('POST /api/auth/keys/k1/rotate')[0]?.body).toMatchObject({
      grace_period_s: 3600,
    });
  });

  it('explains what follows from a policy, deletes it, and takes that back', async () => {
    on('GET /api/auth/policies/math/add', {
      provider_id: 'math',
      tool_name: 'add',
      found: true,
      policies: [denied],
      denied: ['ann'],
      allowed: [],
      decisions: [mayNot],
    });
    on('DELETE /api/auth/policies/math/a*', {});
    on('PUT /api/auth/policies/math/a*', {});
    const { user } = renderApp('/access?tab=policies');
    const table = within(await screen.findByRole('table', { name: 'Policies' }));
    await user.click(table.getByRole('button', { name: 'ann' }));
    const about = within(await screen.findByRole('complementary', { name: 'About the policy' }));
    expect(await about.findByText('a policy of math a* denies ann')).toBeVisible();
    await user.click(table.getByRole('button', { name: 'Delete policy deny ann a* of math' }));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('PUT /api/auth/policies/math/a*')[0]?.body).toEqual({
        principal_id: 'ann',
        effect: 'deny',
      });
    });
  });

  it('answers who can call a tool', async () => {
    on('POST /api/auth/explain', {
      provider_id: 'math',
      tool_name: 'add',
      allowed: [],
      decisions: [mayNot],
    });
    renderApp('/access?tab=who&provider=math&tool=add');
    expect(await screen.findByText('0 of 1 principal may call add of math')).toBeVisible();
    expect(screen.getByText('a policy of math a* denies ann')).toBeVisible();
  });

  it('makes a role of ticked permissions, but not by a reserved name', async () => {
    on('POST /api/auth/roles', () => json({}, 201));
    const { user } = renderApp('/access?tab=roles&edit=new');
    const drawer = within(await screen.findByRole('dialog', { name: 'Create role' }));
    await user.type(await drawer.findByLabelText('Name'), 'Admin');
    await user.click(drawer.getByRole('button', { name: 'Create role' }));
    expect(await drawer.findByText('Admin is reserved: choose another name')).toBeVisible();
    await user.clear(drawer.getByLabelText('Name'));
    await user.type(drawer.getByLabelText('Name'), 'caller');
    await user.click(drawer.getByRole('checkbox', { name: 'tool:list' }));
    await user.type(drawer.getByLabelText('Only for'), 'math{Enter}');
    await user.click(drawer.getByRole('button', { name: 'Create role' }));
    await waitFor(() => {
      expect(callsTo('POST /api/auth/roles')[0]?.body).toMatchObject({
        role_id: 'caller',
        permissions: ['tool:list', 'tool:invoke:math'],
      });
    });
  });

  it('asks for no tools on behalf of who may not list them', async () => {
    on('GET /api/auth/whoami', {
      principal_id: 'clerk',
      type: 'user',
      via: 'key',
      permissions: ['auth:*', 'event:read'],
    });
    const { user } = renderApp('/access?tab=policies');
    await user.click(await screen.findByRole('button', { name: 'Add policy' }));
    const drawer = within(await screen.findByRole('dialog'));
    for (const [label, value] of [
      [/^Whom/, 'ann'],
      [/^Provider/, 'math'],
      [/^Tool/, 'add'],
    ] as const) {
      await user.type(drawer.getByLabelText(label), value);
    }
    expect(await drawer.findByRole('status')).toHaveTextContent('It holds from the next call on.');
    expect(drawer.getByRole('status')).not.toHaveTextContent('Speaks of');
    expect(callsTo('GET /api/tools')).toHaveLength(0);
  });

  it('loads quietly, fails in words, and says when nobody is there', async () => {
    const slow = gate();
    on('GET /api/auth/principals', () => slow.answer);
    const { user } = renderApp('/access');
    expect(await screen.findByRole('status', { name: 'Loading who may do what' })).toBeVisible();
    slow.open(failure(403, 'AccessDeniedError', 'you may not read who may do what'));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('you may not read who may do what');
    on('GET /api/auth/principals', { principals: [], total: 0 });
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nobody yet')).toBeVisible();
  });
});
