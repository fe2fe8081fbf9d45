import { binary, expect, live, test } from './hangar';

type List = { operations: { operation_id: string; status: string; operation_type: string }[] };

test('work is watched while it runs, cancelled, read and forgotten', async ({ page }) => {
  const list = async () => (await (await page.request.get('/api/operations')).json()) as List;
  await page.request.post('/api/providers/demo/start');
  await page.goto('/operations');
  await live(page);

  // A slow call by somebody else: it appears here by itself, with its progress.
  const call = page.request.post('/api/providers/demo/tools/slow/call', {
    data: { arguments: { seconds: 60, steps: 60 } },
    headers: { Accept: 'text/event-stream' },
    timeout: 30_000,
  });
  const row = page.getByRole('row').filter({ hasText: 'Call slow of demo' }).first();
  await expect(row).toContainText('running');
  await expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /^[1-9]/);
  await expect(page.getByRole('button', { name: /^Tray: 1 running/ })).toBeVisible();

  await row.getByRole('link', { name: 'Call slow of demo' }).click();
  await expect(page).toHaveURL(/\/operations\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('list', { name: 'Events of the operation' })).toContainText(
    'step 1 of 60',
  );
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page
    .getByRole('dialog', { name: /^Cancel/ })
    .getByRole('button', { name: /^Cancel “/ })
    .click();
  await expect(page.getByText('cancelled').first()).toBeVisible();
  await call; // the caller is told too
  const id = page.url().split('/').at(-1);
  const status = async () =>
    (await list()).operations.find((one) => one.operation_id === id)?.status;
  await expect.poll(status).toBe('cancelled');

  await page.getByRole('button', { name: 'Forget', exact: true }).click();
  await page
    .getByRole('dialog', { name: /^Forget/ })
    .getByRole('button', { name: /^Forget “/ })
    .click();
  await expect(page).toHaveURL(/\/operations$/);
  expect(await status()).toBeUndefined();

  await page.getByRole('button', { name: /^completed/ }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Start demo' }).first()).toBeVisible();
  expect((await list()).operations.some((one) => one.operation_type === 'provider_start')).toBe(
    true,
  );
});

test('what failed of a bulk is retried from its own page, and what a restart cut off says so', async ({
  page,
  hangar,
}) => {
  const add = (id: string, command: string[]) =>
    page.request.post('/api/providers', {
      data: { provider_id: id, mode: 'subprocess', command },
    });
  await add('again-good', [binary, 'demo']);
  await add('again-bad', ['/nowhere/at/all']);
  const answer = await page.request.post('/api/providers/bulk', {
    data: { verb: 'start', provider_ids: ['again-good', 'again-bad'] },
  });
  const { operation_id: id } = (await answer.json()) as { operation_id: string };
  await page.goto(`/operations/${id}`);
  const each = page.getByRole('table', { name: 'What became of each provider' });
  await expect(each.getByRole('row').filter({ hasText: 'again-bad' })).toContainText('failed');
  await expect(each.getByRole('row').filter({ hasText: 'again-good' })).toContainText('done');
  await page.getByRole('button', { name: 'Retry the one that failed' }).click();
  await expect(page).not.toHaveURL(new RegExp(`${id}$`));
  await expect(page.getByRole('heading', { name: /Start 1 provider/ })).toBeVisible();
  await expect(each.getByRole('row').filter({ hasText: 'again-bad' })).toContainText('failed');

  const made = await page.request.post('/api/operations', {
    data: { operation_type: 'import', metadata: { name: 'rows' }, provider_ids: ['demo'] },
  });
  const { operation_id: cut } = (await made.json()) as { operation_id: string };
  await page.goto('about:blank'); // it would say that the connection is gone
  await hangar.stop();
  await hangar.start();
  await page.goto('/operations?status=interrupted&timeline=on');
  const row = page.getByRole('row').filter({ hasText: 'Import: rows' });
  await expect(row).toContainText('interrupted');
  await expect(row.getByRole('link', { name: 'demo', exact: true })).toBeVisible();
  const picture = page.getByRole('figure', { name: 'Operations over time' });
  // It is narrow and moves on with the clock: one may have to click again.
  await expect(async () => {
    await picture.locator('[data-key]').first().click({ force: true, timeout: 2_000 });
    await expect(page).toHaveURL(new RegExp(`/operations/${cut}$`), { timeout: 1_000 });
  }).toPass();
  await expect(page.getByRole('note')).toContainText('has to begin a new operation');
});
