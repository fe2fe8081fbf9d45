import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
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

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/auth/whoami', { principal_id: 'local', type: 'user', via: 'open', permissions: [] });
  on('GET /api/auth/principals', { principals: [ann], total: 1 });
  on('GET /api/auth/roles', {
    roles: [role('viewer'), role('mine', false)],
    total: 2,
    builtin_count: 1,
    custom_count: 1,
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
