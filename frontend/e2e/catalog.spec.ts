import { expect, live, test } from './hangar';

test('a server is found in the catalog, deployed, and runs; an imported one is deleted again', async ({
  page,
}) => {
  await page.goto('/catalog');
  await live(page);
  const cards = page.getByRole('list', { name: 'Servers' });
  await page.getByRole('textbox', { name: 'Search the catalog' }).fill('offline');
  await expect(page).toHaveURL(/q=offline/);
  await cards.getByRole('link', { name: 'Demo' }).click();
  const form = page.getByRole('form', { name: 'Deploy demo' });
  await form.getByLabel(/^Provider name/).fill('not a name');
  await page.keyboard.press('Tab');
  await expect(form.getByText('Letters, digits, _ and -, at most 64')).toBeVisible();
  await form.getByLabel(/^Provider name/).fill('from-catalog');
  await form.getByRole('button', { name: 'Deploy' }).click();
  await expect(page).toHaveURL(/\/providers\/from-catalog$/);
  const state = async () => {
    const answer = await page.request.get('/api/providers/from-catalog');
    return ((await answer.json()) as { state: string; source: string }).state;
  };
  await expect.poll(state).toBe('ready');
  await expect(page.getByText('Running with 7 tools')).toBeVisible();

  await page.goto('/catalog?import=1');
  await page.getByLabel('server.json', { exact: true }).fill(
    JSON.stringify({
      name: 'io.github.example/thing',
      description: 'A thing',
      version: '1.0.0',
      packages: [
        {
          registryType: 'npm',
          identifier: '@example/thing',
          version: '1.0.0',
          transport: { type: 'stdio' },
        },
      ],
    }),
  );
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const id = 'io-github-example-thing-npm';
  await expect(page.getByRole('list', { name: 'Imported' })).toContainText(id);
  expect((await page.request.get(`/api/catalog/${id}`)).status()).toBe(200);
  await page.getByRole('button', { name: 'Close' }).last().click();

  await page.getByRole('button', { name: `More for ${id}` }).click();
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Delete/ });
  await dialog.getByRole('textbox').fill(id);
  await dialog.getByRole('button', { name: /^Delete/ }).click();
  await expect.poll(async () => (await page.request.get(`/api/catalog/${id}`)).status()).toBe(404);
});
