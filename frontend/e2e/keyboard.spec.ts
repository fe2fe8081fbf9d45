import type { Page } from '@playwright/test';
import { expect, live, test } from './hangar';

/** Ten tasks without a mouse. Nothing here clicks, and nothing is focused but by keys. */

const focused = (page: Page) => page.locator(':focus');

/** The ring is drawn: somebody who uses keys sees where they are. */
async function expectRing(page: Page) {
  const seen = await focused(page).evaluate((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const inside = element.querySelector(':focus-visible') ?? element;
    return (
      element.matches(':focus-visible') &&
      inside !== document.body &&
      ((outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) ||
        boxShadow !== 'none' ||
        element.matches('input,textarea,select'))
    );
  });
  expect(seen, 'the focus is visible').toBe(true);
}

/** Tab until the focus is on it: how somebody finds a control that they do not know the key of. */
async function tabTo(page: Page, name: RegExp, kind = '*') {
  for (let n = 0; n < 200; n += 1) {
    await page.keyboard.press('Tab');
    const words = await page.locator(`${kind}:focus`).evaluateAll((found) =>
      found.map((one) => {
        const label = one.id ? document.querySelector(`label[for="${CSS.escape(one.id)}"]`) : null;
        return one.getAttribute('aria-label') ?? label?.textContent ?? one.textContent;
      }),
    );
    if (words.some((text) => name.test(text))) return;
  }
  throw new Error(`${String(name)} is not reached by Tab`);
}

async function goTo(page: Page, key: string, heading: string) {
  await page.keyboard.press('g');
  await page.keyboard.press(key);
  await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
}

const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

test('ten tasks by keyboard alone, with the focus in sight and given back', async ({
  page,
  context,
}) => {
  test.setTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.request.post('/api/providers/demo/stop');
  await page.goto('/');
  await live(page);
  const { keyboard } = page;

  await test.step('1: find a provider and start it', async () => {
    await goTo(page, 'p', 'Providers');
    await keyboard.press('/');
    await keyboard.type('demo');
    await expect(row(page, 'everything')).toHaveCount(0);
    await keyboard.press('Escape'); // clears
    await keyboard.type('demo');
    await expect(row(page, 'everything')).toHaveCount(0);
    await tabTo(page, /^demo$/);
    await expectRing(page);
    await keyboard.press('s');
    await expect(row(page, 'demo')).toContainText('ready');
  });

  await test.step('2: open its page and its logs', async () => {
    await keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'demo' })).toBeVisible();
    await keyboard.press('l');
    await expect(page.getByRole('tab', { name: 'Logs' })).toHaveAttribute('aria-selected', 'true');
  });

  await test.step('3: call a tool in the playground, found with the palette', async () => {
    await keyboard.press('Control+k');
    await expect(page.getByRole('combobox', { name: /^Search pages/ })).toBeFocused();
    await keyboard.type('multiply');
    await expect(page.getByRole('option', { name: 'multiply demo' })).toBeVisible();
    await keyboard.press('Enter');
    await expect(page).toHaveURL(/tool=multiply/);
    await expect(page.getByRole('textbox', { name: /^a/ })).toBeFocused();
    await keyboard.type('6');
    await keyboard.press('Tab');
    await keyboard.type('7');
    await keyboard.press('Control+Enter');
    await expect(page.getByRole('region', { name: 'Result' })).toContainText('42');
  });

  await test.step('4: see who called, in Calls, and look at a longer time', async () => {
    await focused(page).blur();
    await goTo(page, 'c', 'Calls');
    await expect(page.getByRole('table', { name: 'Calls' })).toContainText('multiply');
    await keyboard.press('t');
    await keyboard.press('z');
    await expect(page).toHaveURL(/range=6h/);
  });

  await test.step('5: filter the events', async () => {
    await goTo(page, 'e', 'Events');
    await tabTo(page, /^ToolInvocationCompleted/);
    await expectRing(page);
    await keyboard.press('Enter');
    await expect(page).toHaveURL(/type=ToolInvocationCompleted/);
  });

  await test.step('6: make a key', async () => {
    await goTo(page, 's', 'Access');
    await tabTo(page, /Name of a new principal/);
    await keyboard.type('keys-only');
    await keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'About keys-only' });
    await expect(panel).toBeVisible();
    await tabTo(page, /Name of a new key/);
    await keyboard.type('typed');
    await keyboard.press('Enter');
    await expect(panel.getByText(/^mcp_/).first()).toBeVisible();
  });

  await test.step('7: revoke it, with its name typed; the focus comes back', async () => {
    await tabTo(page, /^Revoke typed/);
    await keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('textbox')).toBeFocused();
    await keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Revoke typed' })).toBeFocused();
    await keyboard.press('Enter');
    await expect(dialog.getByRole('textbox')).toBeFocused();
    await keyboard.type('typed');
    await keyboard.press('Enter');
    await expect(
      page.getByRole('complementary', { name: 'About keys-only' }).getByText('revoked'),
    ).toBeVisible();
  });

  await test.step('8: copy what goes into a client', async () => {
    await goTo(page, 'n', 'Connect');
    await tabTo(page, /^Copy the address/);
    await expectRing(page);
    await keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  });

  await test.step('9: cancel work that is under way', async () => {
    const call = page.request.post('/api/providers/demo/tools/slow/call', {
      data: { arguments: { seconds: 60, steps: 60 } },
      headers: { Accept: 'text/event-stream' },
      timeout: 60_000,
    });
    await goTo(page, 'o', 'Operations');
    const running = page.getByRole('row').filter({ hasText: 'Call slow of demo' }).first();
    await expect(running).toContainText('running');
    await keyboard.press('j');
    await expect(running.locator(':focus')).toHaveCount(1);
    await keyboard.press('c');
    await expect(page.getByRole('dialog', { name: /^Cancel/ })).toBeVisible();
    await tabTo(page, /^Cancel “/);
    await keyboard.press('Enter');
    await expect(running).toContainText('cancelled');
    await call;
  });

  await test.step('10: stop the provider, after the question; then every key is listed', async () => {
    await goTo(page, 'p', 'Providers');
    await tabTo(page, /^demo$/);
    await keyboard.press('Shift+S');
    const dialog = page.getByRole('dialog', { name: 'Stop demo?' });
    await expect(dialog).toBeVisible();
    await keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(row(page, 'demo').locator(':focus')).toHaveCount(1);
    await keyboard.press('Shift+S');
    await expect(dialog).toBeVisible();
    await tabTo(page, /^Stop demo/);
    await keyboard.press('Enter');
    await expect(row(page, 'demo')).toContainText('cold');
    await keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toContainText('Next row');
    await keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toHaveCount(0);
  });
});
