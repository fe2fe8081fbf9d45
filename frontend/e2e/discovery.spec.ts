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

    // Another definition under the name waits anew, and says in what it is another one.
    await writeFile(
      path.join(dir, 'spotted.yaml'),
      `name: spotted\nmode: subprocess\ncommand: ["${binary}", "demo", "-v"]\n`,
    );
    await expect(row('spotted')).toContainText('pending');
    await row('spotted').getByRole('button', { name: 'spotted', exact: true }).click();
    await expect(
      page.getByRole('group', { name: 'Difference to the provider spotted' }),
    ).toContainText('"demo","-v"');
    await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click();

    await define('first');
    await define('second');
    await expect(row('second')).toContainText('pending');
    await row('first').getByRole('checkbox').check();
    await row('second').getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Reject 2 servers' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reject 2 servers' }).click();
    await expect(row('first')).toContainText('rejected');
    await expect(row('second')).toContainText('rejected');

    await define('unwanted');
    await expect(row('unwanted')).toContainText('pending');
    await row('unwanted').getByRole('button', { name: 'Reject unwanted' }).click();
    await expect(row('unwanted')).toContainText('rejected');

    await page.getByRole('tab', { name: /^Sources/ }).click();
    const source = row('filesystem').last();
    await expect(source.getByRole('img', { name: /^Last looks at/ })).toBeVisible();
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
