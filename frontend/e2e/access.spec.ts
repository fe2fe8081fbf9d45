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
