import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './hangar';

test('the first start: a link, an admin, the dashboard, and out again', async ({
  hangar,
  browser,
}) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'hangar-e2e-'));
  const file = path.join(dir, 'hangar.yaml');
  await writeFile(
    file,
    'auth: { enabled: true }\nproviders:\n  gone: { mode: subprocess, command: ["true"] }\n',
  );
  const guarded = await hangar.beside('--config', file);
  const context = await browser.newContext();
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    // The browser itself reports each 401, of sockets in other words. So the dashboard learns that nobody is signed in.
    if (message.type() === 'error' && !/401|HTTP Authentication failed/.test(message.text()))
      faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  try {
    const url = await guarded.start();
    const link = () =>
      guarded.said.map((line) => /http\S+\/setup#\S+/.exec(line)?.[0]).find(Boolean) ?? '';
    await expect.poll(link).toContain('/setup#');

    await page.goto(url);
    await expect(page).toHaveURL(/\/login\?next=/);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    await page.goto(link());
    await expect(page).toHaveURL(/\/setup$/); // the token is gone from the address
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.getByLabel('Your name here').fill('ann');
    await page.getByRole('button', { name: 'Make me admin' }).click();
    const key = await page.getByLabel('API key').inputValue();
    expect(key).toMatch(/^mcp_.{43}$/);
    await page.getByRole('link', { name: 'Go on to the dashboard' }).click();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();

    const refused = await page.request.delete(`${url}/api/providers/gone`); // with the cookie, without its proof
    expect(refused.status()).toBe(403);

    await page.goto(`${url}/login`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/login$/);
    await page.goto(`${url}/events?provider=gone`);
    await expect(page).toHaveURL(/\/login\?next=%2Fevents/);
    await page.getByLabel('API key').fill('mcp_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText('no key of this server');
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/events/);
    await expect(page.getByRole('table', { name: 'Events' })).toContainText('gone');

    // Out again from where one sees who one is; what was open before is closed.
    await page.goto(`${url}/settings?tab=you`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/login/);
    expect((await page.request.get(`${url}/api/providers`)).status()).toBe(401);
    await page.goto(`${url}/providers`);
    await expect(page).toHaveURL(/\/login\?next=%2Fproviders/);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    await guarded.remove();
    await rm(dir, { recursive: true, force: true });
  }
});
