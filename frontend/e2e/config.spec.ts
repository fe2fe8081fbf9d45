import { readFile, rm, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { binary, expect, live, test } from './hangar';

const server = (id: string) =>
  `  ${id}:\n    mode: subprocess\n    command: ["${binary}", "demo"]\n`;

test.describe('the configuration', () => {
  test('a change of the file is seen as a plan, reloaded, backed up, and restored', async ({
    page,
    hangar,
    allow,
  }) => {
    const dir = await mkdtemp(path.join(tmpdir(), 'hangar-config-'));
    const file = path.join(dir, 'hangar.yaml');
    await writeFile(file, `providers:\n${server('one')}`);
    const other = await hangar.beside(
      '--config',
      file,
      '--watch-config=false',
      '--websocket-enabled=false',
    );
    const url = await other.start();
    allow(new RegExp(`^request to ${url}/`)); // this test's own server
    allow(/status of 422/); // the plan of a file that cannot be used
    try {
      const ids = async () => {
        const answer = await page.request.get(`${url}/api/providers`);
        const { providers } = (await answer.json()) as { providers: { provider: string }[] };
        return providers.map((one) => one.provider).sort();
      };
      await page.goto(`${url}/config`);
      await live(page);
      await expect(page.getByText('The file says what is in effect.')).toBeVisible();

      await page.getByRole('tab', { name: /^Backups/ }).click();
      await page.getByLabel('What the backup is for').fill('one only');
      await page.getByRole('button', { name: 'Back up now' }).click();
      await expect(page.getByRole('row').filter({ hasText: 'one only' })).toBeVisible();

      await writeFile(file, `providers:\n${server('one')}${server('two')}`);
      await page.getByRole('tab', { name: /^Changes/ }).click();
      const plan = page.getByRole('list', { name: 'Plan' });
      await expect(plan.getByText('two')).toBeVisible();
      await expect(page.getByText('The file has 1 change that is not in effect.')).toBeVisible();
      await expect(page.getByText('1 to add. Nothing that runs is disturbed.')).toBeVisible();
      const difference = page.getByRole('group', { name: 'Difference' });
      await expect(difference.locator('[data-kind=add]').first()).toContainText('two:');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      expect(await ids()).toEqual(['one']);
      await page.getByRole('button', { name: 'Reload', exact: true }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: 'Reload the configuration file' })
        .click();
      await expect(page.getByText('The file says what is in effect.')).toBeVisible();
      expect(await ids()).toEqual(['one', 'two']);

      await writeFile(file, 'providers:\n  one:\n    comand: [x]\n');
      await expect(page.getByRole('list', { name: 'Problems of the file' })).toContainText(
        'hangar.yaml:',
      );
      expect(await ids()).toEqual(['one', 'two']);

      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export the configuration' }).click();
      await page.getByRole('menuitem', { name: 'masked' }).click();
      const saved = await (await download).path();
      expect(await readFile(saved, 'utf8')).toContain('two:');

      await page.getByRole('tab', { name: /^Backups/ }).click();
      await page.getByRole('row').filter({ hasText: 'one only' }).getByRole('button').click();
      await expect(page.getByRole('group', { name: 'Difference' })).toContainText('two:');
      const id = new URL(page.url()).searchParams.get('backup') ?? '';
      // It lacks what came later, the file has that, and as a file it holds what it held.
      await expect(difference.locator('[data-kind=remove]').first()).toContainText('two:');
      const other = await page.request.post(`${url}/api/config/backup`, {
        data: { label: 'both' },
      });
      const { backup_id: both } = (await other.json()) as { backup_id: string };
      await page.getByLabel('Compared with').selectOption(both);
      await expect(page.getByText(/only in “both” of/)).toBeVisible();
      await expect(difference).toContainText('two:');
      const kept = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download the backup' }).click();
      await page.getByRole('menuitem', { name: 'masked' }).click();
      const was = await readFile(await (await kept).path(), 'utf8');
      expect(was).toContain('one:');
      expect(was).not.toContain('two:');
      await page.getByRole('button', { name: 'Restore', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await expect(dialog.getByRole('list', { name: 'Plan' })).toContainText('two');
      await dialog.getByRole('textbox').fill(id);
      await dialog.getByRole('button', { name: /^Restore/ }).click();
      await expect.poll(ids).toEqual(['one']);

      await page.getByRole('tab', { name: 'History' }).click();
      const history = page.getByRole('table', { name: 'History' });
      await expect(history.getByRole('row').nth(1)).toContainText('restored');
      await expect(history).toContainText('added: two');
      await page.getByRole('tab', { name: 'Settings' }).click();
      await page.getByRole('button', { name: /^flag/ }).click();
      await expect(page.getByRole('table', { name: 'Settings' })).toContainText('flag --data');
      await page.goto('about:blank'); // what is still open would complain that the server goes
    } finally {
      await other.remove();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
