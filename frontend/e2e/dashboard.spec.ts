import type { Page } from '@playwright/test';
import { expect, live, test } from './hangar';

const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

test('a provider is started, called, watched and stopped', async ({ page }) => {
  await page.request.post('/api/providers/demo/stop'); // another test may have started it
  await page.goto('/providers');
  await live(page);
  const demo = row(page, 'demo');
  await expect(demo).toContainText('cold');
  await demo.getByRole('button', { name: 'Start demo' }).click();
  await expect(demo).toContainText('ready');
  await expect(demo).toContainText('7 tools');

  await demo.getByRole('link', { name: 'demo' }).click();
  await page.getByRole('tab', { name: /^Tools/ }).click();
  await page.getByRole('button', { name: /^add/ }).click();
  await page.getByRole('textbox', { name: /^a/ }).fill('2');
  await page.getByRole('textbox', { name: /^b/ }).fill('40');
  await page.getByRole('button', { name: 'Call tool' }).click();
  const result = page.getByRole('region', { name: 'Result' });
  await expect(result.getByText('result', { exact: true })).toBeVisible();
  await expect(result).toContainText('42');

  await page.getByRole('tab', { name: 'Logs' }).click();
  await expect(page.getByRole('log')).toContainText('add');
  await page.getByRole('tab', { name: 'Events' }).click();
  await expect(page.getByRole('table', { name: 'Events of demo' })).toContainText(
    'add answered in',
  );
  await page.getByRole('tab', { name: 'Summary' }).click();
  await expect(page.getByText('2025-11-25').first()).toBeVisible();

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page
    .getByRole('dialog', { name: 'Stop demo?' })
    .getByRole('button', { name: 'Stop demo' })
    .click();
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
});

test('a slow call shows its progress and can be cancelled', async ({ page }) => {
  await page.request.post('/api/providers/demo/start');
  await page.goto('/providers/demo?tab=tools&tool=slow');
  await page.getByRole('textbox', { name: /^Seconds/ }).fill('2');
  await page.getByRole('button', { name: 'Call tool' }).click();
  const bar = page.getByRole('progressbar');
  await expect(bar).toHaveAttribute('aria-valuenow', /^[1-9]\d$/);
  await expect(
    page.getByRole('region', { name: 'Result' }).getByText('result', { exact: true }),
  ).toBeVisible();

  await page.getByRole('textbox', { name: /^Seconds/ }).fill('60');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await page.getByRole('button', { name: 'Cancel call' }).click();
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('cancelled');
  // The cancellation reached the provider, which says so on stderr.
  await page.getByRole('tab', { name: 'Logs' }).click();
  await expect(page.getByRole('log')).toContainText('cancelled');
});

test('what one tab does moves every other', async ({ page, context }) => {
  const other = await context.newPage();
  await page.request.post('/api/providers/demo/start');
  await page.goto('/providers');
  await other.goto('/events');
  await live(page);
  await live(other);
  const lists: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/providers') lists.push(request.url());
  });
  await other.request.post('/api/providers/demo/stop');
  await expect(row(page, 'demo')).toContainText('cold');
  await other.request.post('/api/providers/demo/tools/echo/call', {
    data: { arguments: { message: 'hello' } },
  });
  await expect(row(page, 'demo')).toContainText('ready');
  await expect(other.getByRole('table', { name: 'Events' })).toContainText('echo answered in');
  expect(lists, 'a badge moves by socket, not by asking for the list').toEqual([]);
  await other.close();
});

test('a provider that cannot start says why; it is added, edited and deleted', async ({
  page,
  allow,
}) => {
  allow(/status of (422|503)/); // the browser logs the failed requests that this test is about
  await page.goto('/providers');
  await page.getByRole('button', { name: 'Add provider' }).click();
  const form = page.getByRole('dialog', { name: 'Add provider' });
  await form.getByRole('textbox', { name: 'Name' }).fill('broken');
  await form
    .getByRole('textbox', { name: 'Command' })
    .fill(`node -e "console.error('boom: no config'); process.exit(3)"`);
  await form.getByRole('button', { name: 'Add provider' }).click();
  await expect(row(page, 'broken')).toContainText('cold');

  await row(page, 'broken').getByRole('button', { name: 'Start broken' }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('broken did not start');
  await expect(alert).toContainText('boom: no config');
  await expect(row(page, 'broken')).toContainText('dead');
  await page.goto('/providers/broken');
  await expect(page.getByRole('group', { name: 'Last lines of stderr' })).toContainText('boom');

  await page.getByRole('button', { name: 'More for broken' }).click();
  await page.getByRole('menuitem', { name: /^Edit/ }).click();
  const edit = page.getByRole('dialog', { name: 'Edit broken' });
  await edit.getByRole('textbox', { name: 'Description' }).fill('Never starts');
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Never starts')).toBeVisible();

  await page.getByRole('button', { name: 'More for broken' }).click();
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete broken?' });
  await dialog.getByRole('textbox', { name: /^Type broken/ }).fill('broken');
  await dialog.getByRole('button', { name: 'Delete broken' }).click();
  await expect(page).toHaveURL(/\/providers$/);
  await expect(row(page, 'demo')).toBeVisible();
  await expect(row(page, 'broken')).toHaveCount(0);
});

test('a restarted server is found again, and nothing is lost', async ({ page, hangar, allow }) => {
  allow(/WebSocket connection to|ERR_CONNECTION/); // while the server is away
  // The table holds only what is in sight, so it shows only what is looked for.
  const kinds = ['SystemStarted', 'SystemStopped', 'ProviderStarted', 'ToolInvocationCompleted'];
  await page.goto(`/events?type=${kinds.join(',')}`);
  await live(page);
  await page.request.post('/api/providers/demo/start');
  await expect(page.getByRole('table', { name: 'Events' })).toContainText('Started in');
  await hangar.stop();
  await expect(page.getByText(/Reconnecting|Not live/)).toBeVisible();
  await hangar.start();
  await page.request.post('/api/providers/demo/tools/echo/call', {
    data: { arguments: { message: 'again' } },
  });
  await live(page);
  const rows = page.getByRole('table', { name: 'Events' }).getByRole('row');
  await expect(rows.filter({ hasText: 'Hangar stopped' })).toHaveCount(1);
  await expect(rows.filter({ hasText: 'Hangar started' })).toHaveCount(2);
  await expect(rows.filter({ hasText: 'echo answered in' }).first()).toBeVisible();
});

test('it lives below a prefix', async ({ page, hangar, allow }) => {
  allow(/^request to http:\/\/127\.0\.0\.1:/); // a second server, at another origin than the first
  const prefixed = await hangar.beside('--base-path', '/ops/');
  try {
    const url = await prefixed.start();
    await page.goto(`${new URL(url).origin}/ops/providers/demo?tab=tools`);
    await live(page);
    await page.getByRole('link', { name: 'Events' }).click();
    await expect(page).toHaveURL(/\/ops\/events$/);
    await expect(page.getByRole('table', { name: 'Events' })).toContainText('Hangar started');
    await page.goto('about:blank'); // what is still open would complain that the server goes
  } finally {
    await prefixed.remove();
  }
});

test('calls beat in the list, and its columns are remembered', async ({ page }) => {
  for (const message of ['one', 'two', 'three']) {
    await page.request.post('/api/providers/demo/tools/echo/call', {
      data: { arguments: { message } },
    });
  }
  await page.goto('/providers');
  await expect(
    row(page, 'demo').getByRole('img', { name: /^60 minutes: [1-9]\d* calls/ }),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Protocol' }).check();
  await expect(page).toHaveURL(/cols=/);
  await page.goto('/providers'); // without the address: from what this device remembers
  await expect(page.getByRole('columnheader', { name: 'Protocol' })).toBeVisible();
});
