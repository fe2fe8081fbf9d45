import { expect, live, test } from './hangar';

test('the level of the log changes while it runs, and back; this device shows things its way', async ({
  page,
}) => {
  const level = async () =>
    ((await (await page.request.get('/api/system/log-level')).json()) as { level: string }).level;
  await page.goto('/settings?tab=server');
  await live(page);
  await page.getByText('debug', { exact: true }).click();
  await expect.poll(level).toBe('debug');
  await page.getByRole('group', { name: 'Undo' }).getByRole('button', { name: 'Undo' }).click();
  await expect.poll(level).toBe('info');

  await page.getByRole('tab', { name: 'This device' }).click();
  await page.getByText('Compact', { exact: true }).click();
  await page.goto('/providers');
  const row = page.getByRole('row').nth(1);
  await expect.poll(async () => (await row.boundingBox())?.height).toBe(28);
  await page.keyboard.press('g');
  await page.keyboard.press(',');
  await expect(page).toHaveURL(/\/settings$/);
});
