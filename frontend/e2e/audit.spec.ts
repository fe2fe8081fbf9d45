import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, live, test } from './hangar';

const saved = async (page: Page, what: string, kind: 'CSV' | 'NDJSON') => {
  await page.getByRole('button', { name: `Export ${what}` }).click();
  const file = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: kind, exact: true }).click();
  return readFile(await (await file).path(), 'utf8');
};

test('who changed what, from what to what, as a page, a link and a file', async ({ page }) => {
  await page.request.put('/api/providers/demo', { data: { idle_ttl_s: 61 } });
  await page.request.post('/api/groups', { data: { group_id: 'audited' } });
  await page.goto('/audit');
  await live(page);
  const table = page.getByRole('table', { name: 'Audit records' });
  await table.getByRole('button', { name: 'Provider updated: idle_ttl_s' }).click();
  const panel = page.getByRole('complementary', { name: 'About the record' });
  const diff = panel.getByRole('group', { name: 'Before and after' });
  await expect(diff).toContainText('−300');
  await expect(diff).toContainText('+61');
  await expect(panel).toContainText('rest');
  await expect(page).toHaveURL(/sel=\d+/);
  await page.reload();
  await expect(diff).toContainText('+61');

  await page.getByRole('combobox', { name: 'Provider' }).selectOption('demo');
  await expect(table.getByText('Group audited created')).toHaveCount(0);
  const csv = await saved(page, 'audit', 'CSV');
  expect(csv).toContain('ProviderUpdated');
  expect(csv).not.toContain('GroupCreated');
});

test('what security people look at is grouped, filtered and exported', async ({ page }) => {
  await page.request.post('/api/auth/keys', { data: { principal_id: 'watchman', name: 'night' } });
  await page.request.post('/api/auth/principals/watchman/roles', { data: { role_id: 'agent' } });
  await page.goto('/security');
  await live(page);
  const table = page.getByRole('table', { name: 'Security events' });
  await table.getByRole('button', { name: 'watchman has the role agent' }).click();
  const panel = page.getByRole('complementary', { name: 'About the event' });
  await expect(panel).toContainText('1 time');
  await page.getByRole('group', { name: 'Severity' }).getByRole('button', { name: /^low/ }).click();
  await expect(table.getByText('watchman got the key night')).toHaveCount(0);
  const lines = (await saved(page, 'security', 'NDJSON')).trim().split('\n');
  const found = lines.map((line) => JSON.parse(line) as { severity: string; message: string });
  expect(found.map(({ message }) => message)).toContain('watchman has the role agent');
  expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(['low']));
});
