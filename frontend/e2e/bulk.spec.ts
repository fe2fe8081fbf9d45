import { expect, live, test } from './hangar';

type Providers = { providers: { provider: string; state: string }[] };
type Operations = { operations: { operation_type: string; status: string; message: string }[] };

test('several providers are started, stopped and deleted at once', async ({ page }) => {
  for (const id of ['bulk-a', 'bulk-b', 'bulk-c']) {
    const made = await page.request.post('/api/providers', {
      data: {
        provider_id: id,
        mode: 'subprocess',
        command: id === 'bulk-c' ? ['/nowhere'] : [process.execPath, '-e', server],
      },
    });
    expect(made.status()).toBe(201);
  }
  const states = async () =>
    ((await (await page.request.get('/api/providers')).json()) as Providers).providers
      .filter(({ provider }) => provider.startsWith('bulk-'))
      .map(({ provider, state }) => `${provider} ${state}`);
  await page.goto('/providers?q=bulk-');
  await live(page);

  // By keyboard: x marks the row in focus.
  await page.getByRole('link', { name: 'bulk-a' }).focus();
  await page.keyboard.press('x');
  await page.getByRole('checkbox', { name: 'Select bulk-c' }).check({ force: true });
  const bar = page.getByRole('region', { name: 'Selected providers' });
  await expect(bar).toContainText('2 providers selected');
  await bar.getByRole('button', { name: 'Start', exact: true }).click();
  const outcome = page.getByRole('region', { name: 'Starting 2 providers' });
  await expect(outcome).toContainText('1 done, 1 failed', { timeout: 30_000 });
  await expect(outcome.getByRole('link', { name: 'bulk-c' })).toBeVisible(); // what failed stays
  await expect.poll(states).toContain('bulk-a ready');
  expect(await states()).toContain('bulk-b cold');
  await outcome.getByRole('button', { name: 'Dismiss' }).click();
  await expect(outcome).toBeHidden();

  // All that match, by filter, once their number was typed.
  await page.getByRole('checkbox', { name: 'Select all providers' }).check({ force: true });
  await bar.getByRole('button', { name: 'Select all 3 that match the filter' }).click();
  await bar.getByRole('button', { name: 'Stop', exact: true }).click();
  const stop = page.getByRole('dialog', { name: 'Stop 3 providers?' });
  await expect(stop.getByRole('status')).toContainText(/It is done for [12] of 3/);
  await stop.getByRole('button', { name: 'Cancel' }).click();
  await bar.getByRole('button', { name: 'Delete', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete 3 providers?' });
  await expect(dialog.getByRole('status')).toContainText('It is done for all 3');
  await expect(dialog.getByRole('button', { name: 'Delete 3 providers' })).toBeDisabled();
  await dialog.getByRole('textbox').fill('3');
  await dialog.getByRole('button', { name: 'Delete 3 providers' }).click();
  await expect.poll(states).toEqual([]);
  const deleted = page.getByRole('region', { name: 'Deleting 3 providers' });
  await expect(deleted).toContainText('3 done');
  await deleted.getByRole('link', { name: 'Operation' }).click();
  await expect(page.getByRole('heading', { name: /Delete 3 providers/ })).toBeVisible();
  const { operations } = (await (await page.request.get('/api/operations')).json()) as Operations;
  expect(
    operations.filter((one) => one.operation_type === 'provider_bulk').map((one) => one.status),
  ).toEqual(['completed', 'completed']);
});

/** The smallest server there is: it answers what a start asks. */
const server = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize'
    ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
    : method === 'tools/list' ? { tools: [] } : method === 'ping' ? {} : null;
  console.log(JSON.stringify(result === null
    ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }
    : { jsonrpc: '2.0', id, result }));
});`;
