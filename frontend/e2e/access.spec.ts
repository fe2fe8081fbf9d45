import { expect, live, test } from './hangar';

test('somebody gets a key and a role, loses the role, and the key is revoked', async ({ page }) => {
  await page.goto('/access');
  await live(page);
  await page.getByLabel('Name of a new principal').fill('robot');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'About robot' });
  await panel.getByLabel('Name of a new key').fill('night-run');
  await panel.getByRole('button', { name: 'Create key' }).click();
  await expect(panel.getByText(/^mcp_/).first()).toBeVisible();

  const roles = async () => {
    const answer = await page.request.get('/api/auth/principals');
    const { principals } = (await answer.json()) as {
      principals: { principal_id: string; roles: string[] }[];
    };
    return principals.find((one) => one.principal_id === 'robot')?.roles;
  };
  await panel.getByRole('combobox', { name: 'Give a role' }).selectOption('agent');
  await expect.poll(roles).toEqual(['agent']);
  await panel.getByRole('button', { name: 'Take the role agent from robot' }).click();
  await expect.poll(roles).toEqual([]);

  await panel.getByRole('button', { name: 'Revoke night-run' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('night-run');
  await dialog.getByRole('button', { name: 'Revoke night-run' }).click();
  await expect(panel.getByText('revoked')).toBeVisible();
  const { keys } = (await (await page.request.get('/api/auth/keys/robot')).json()) as {
    keys: { revoked: boolean }[];
  };
  expect(keys.map(({ revoked }) => revoked)).toEqual([true]);
});

test('a key is rotated: for a while both open', async ({ page }) => {
  await page.request.post('/api/auth/keys', { data: { principal_id: 'nightly', name: 'cron' } });
  await page.goto('/access?sel=nightly');
  await live(page);
  const panel = page.getByRole('complementary', { name: 'About nightly' });
  await panel.getByRole('button', { name: 'Rotate cron' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('The old one still opens').selectOption('3600');
  await dialog.getByRole('button', { name: 'Rotate cron' }).click();
  await expect(panel.getByText(/The old one goes on to open until/)).toBeVisible();
  await expect(panel.getByText(/^replaced, opens until/)).toBeVisible();
  await expect(panel.getByText(/^mcp_.{20,}$/)).toBeVisible();
  const { keys } = (await (await page.request.get('/api/auth/keys/nightly')).json()) as {
    keys: { active: boolean; replaced_by: string; expires_at: string | null }[];
  };
  expect(keys.map(({ active }) => active)).toEqual([true, true]);
  const old = keys.find((one) => one.replaced_by !== '');
  expect(Date.parse(old?.expires_at ?? '')).toBeGreaterThan(Date.now());
});

test('a policy takes a tool from somebody, which who can call this explains', async ({ page }) => {
  await page.request.post('/api/providers/demo/start');
  await page.request.post('/api/auth/keys', { data: { principal_id: 'worker', name: 'k' } });
  await page.request.post('/api/auth/principals/worker/roles', { data: { role_id: 'agent' } });
  const may = async () => {
    const answer = await page.request.post('/api/auth/explain', {
      data: { provider_id: 'demo', tool_name: 'add', principal_id: 'worker' },
    });
    return ((await answer.json()) as { allowed: string[] }).allowed;
  };
  expect(await may()).toEqual(['worker']);
  await page.goto('/access?tab=policies&edit=new');
  await live(page);
  const form = page.getByRole('dialog', { name: 'Add policy' });
  await form.getByLabel('Whom').fill('worker');
  await form.getByLabel('Provider').fill('demo');
  await form.getByLabel('Tool').fill('a*');
  await form.getByRole('button', { name: 'Add policy' }).click();
  await expect.poll(may).toEqual([]);
  const table = page.getByRole('table', { name: 'Policies' });
  await table.getByRole('button', { name: 'worker', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'About the policy' });
  await expect(panel.getByText('worker may not call tools like a* of demo')).toBeVisible();

  await page.getByRole('tab', { name: 'Who can call this' }).click();
  await page.getByRole('combobox', { name: 'Provider' }).selectOption('demo');
  await page.getByRole('combobox', { name: 'Tool' }).selectOption('add');
  await page.getByRole('combobox', { name: 'Principal' }).selectOption('worker');
  await expect(page.getByText('worker may not call add of demo')).toBeVisible();

  await page.getByRole('tab', { name: /^Policies/ }).click();
  await page.getByRole('button', { name: 'Delete policy deny worker a* of demo' }).click();
  await expect.poll(may).toEqual(['worker']);
});

test('a custom role is made, changed and deleted', async ({ page }) => {
  await page.goto('/access?tab=roles');
  await live(page);
  await page.getByRole('button', { name: 'Create role' }).click();
  const drawer = page.getByRole('dialog', { name: 'Create role' });
  await drawer.getByLabel('Name').fill('math-only');
  await drawer.getByRole('checkbox', { name: 'provider:read', exact: true }).check();
  await drawer.getByLabel('Only for').fill('demo');
  await drawer.getByRole('button', { name: 'Add', exact: true }).click();
  await drawer.getByRole('button', { name: 'Create role' }).click();
  const held = async () => {
    const answer = await page.request.get('/api/auth/roles/math-only');
    if (!answer.ok()) return [];
    return ((await answer.json()) as { role: { permissions: string[] } }).role.permissions;
  };
  await expect.poll(held).toEqual(['provider:read', 'tool:invoke:demo']);
  await page.getByRole('button', { name: 'Edit role math-only' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit role math-only' });
  await edit.getByRole('button', { name: 'Take away tool:invoke:demo' }).click();
  await edit.getByRole('button', { name: 'Save role' }).click();
  await expect.poll(held).toEqual(['provider:read']);
  await page.getByRole('button', { name: 'Delete role math-only' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('math-only');
  await dialog.getByRole('button', { name: 'Delete role math-only' }).click();
  await expect.poll(held).toEqual([]);
});
