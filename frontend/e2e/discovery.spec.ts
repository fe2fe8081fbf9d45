import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binary, expect, live, test } from './hangar';

test('a directory is watched, what is found waits, is approved or rejected, and the source goes again', async ({
  page,
}) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'hangar-discovery-'));
  const define = (name: string) =>
    writeFile(
      path.join(dir, `${name}.yaml`),
      `name: ${name}\nmode: subprocess\ncommand: ["${binary}", "demo"]\n`,
    );
  try {
    await define('spotted');
    await page.goto('/discovery');
    await live(page);
    // The page may have sources already: both ways lead to the same form.
    await page.goto('/discovery?tab=sources&add=1');
    await page.getByLabel(/^Directory/).fill(dir);
    await page.getByRole('button', { name: 'Add source' }).last().click();
    await expect(page.getByRole('dialog')).toHaveCount(0);

    await page.getByRole('tab', { name: /^Found/ }).click();
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await expect(row('spotted')).toContainText('pending');
    expect((await page.request.get('/api/providers/spotted')).status()).toBe(404);

    await row('spotted').getByRole('button', { name: 'spotted', exact: true }).click();
    await expect(page.getByRole('complementary', { name: 'About spotted' })).toContainText(
      'spotted.yaml',
    );
    await row('spotted').getByRole('button', { name: 'Approve spotted' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve spotted' }).click();
    await expect(row('spotted')).toContainText('registered');
    expect((await page.request.get('/api/providers/spotted')).status()).toBe(200);

    await define('unwanted');
    await expect(row('unwanted')).toContainText('pending');
    await row('unwanted').getByRole('button', { name: 'Reject unwanted' }).click();
    await expect(row('unwanted')).toContainText('rejected');

    await page.getByRole('tab', { name: /^Sources/ }).click();
    const source = row('filesystem').last();
    await source.getByRole('button', { name: /^More for/ }).click();
    await page.getByRole('menuitem', { name: 'Switch off' }).click();
    await expect(source).toContainText('off');
    await page.getByRole('button', { name: 'Undo' }).first().click();
    await expect(source).toContainText('looking');
  } finally {
    const { sources } = (await (await page.request.get('/api/discovery/sources')).json()) as {
      sources: { source_id: string; config: { path?: string } }[];
    };
    for (const one of sources.filter(({ config }) => config.path === dir)) {
      await page.request.delete(`/api/discovery/sources/${one.source_id}`);
    }
    await page.request.delete('/api/providers/spotted');
    await rm(dir, { recursive: true, force: true });
  }
});
