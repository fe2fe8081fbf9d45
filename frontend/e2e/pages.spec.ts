import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, live, test } from './hangar';
import { setScene } from './scene';
import { pages } from './sights';

const shots = path.join(import.meta.dirname, 'shots');

/** What a theme or a width alone can break. */
const contrast = ['color-contrast'];

/** Each page is loaded once and looked at in all of these; every rule counts in a light wide one and a dark narrow one. */
const sights: { scheme: 'light' | 'dark'; width: number; axe?: 'all' | string[] }[] = [
  { scheme: 'light', width: 1440, axe: 'all' },
  { scheme: 'dark', width: 1440, axe: contrast },
  { scheme: 'dark', width: 800 },
  { scheme: 'dark', width: 320, axe: 'all' },
  { scheme: 'light', width: 320 },
  { scheme: 'light', width: 360 },
];

/** Legacy mode does without a second page, which only frames of other origins need; what passes is not described. Half the time. */
async function violations(page: Page, rules: 'all' | string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({
    resultTypes: ['violations'],
    ...(rules === 'all' ? {} : { runOnly: { type: 'rule', values: rules } }),
  });
  const found = await axe.analyze();
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(' ')}`,
  );
}

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const [name, address] of Object.entries(pages)) {
  test(`${name} is ready, accessible and fits, in both themes and from 320 px`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await setScene(page.request);
    await page.goto(address);
    await live(page);
    await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
    if (/[?&](edit|add|entry)=/.test(address)) await expect(page.getByRole('dialog')).toBeVisible();
    for (const { scheme, width, axe } of sights) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await expect(page.locator(`html[data-mantine-color-scheme=${scheme}]`)).toBeAttached();
      await page.screenshot({ path: path.join(shots, `${name}-${scheme}-${width}.png`) });
      const where = `${name}, ${scheme}, ${width} px`;
      expect.soft(await overflow(page), `${where} must not scroll sideways`).toBeLessThanOrEqual(0);
      if (axe) expect.soft(await violations(page, axe), where).toEqual([]);
    }
  });
}
