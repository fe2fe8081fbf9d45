import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, live, test } from './hangar';
import { setScene } from './scene';
import { pages } from './sights';

const shots = path.join(import.meta.dirname, 'shots');

async function clean(page: Page, rules?: string[]) {
  const axe = new AxeBuilder({ page });
  if (rules) axe.withRules(rules);
  const { violations } = await axe.analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(' ')}`),
  ).toEqual([]);
}

const sights = [
  { name: 'light-1440', scheme: 'light', width: 1440, axe: true },
  // What a theme can break is contrast; the rest has been looked at in the other one.
  { name: 'dark-1440', scheme: 'dark', width: 1440, axe: true, rules: ['color-contrast'] },
  { name: 'light-360', scheme: 'light', width: 360, axe: true },
  { name: 'dark-800', scheme: 'dark', width: 800, axe: false },
] as const;

for (const sight of sights) {
  test(`every page is accessible and fits: ${sight.name}`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: sight.scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: sight.width, height: 900 });
    await setScene(page.request);
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(address);
      await live(page);
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
      await page.screenshot({ path: path.join(shots, `${name}-${sight.name}.png`) });
      if (sight.axe) await clean(page, 'rules' in sight ? [...sight.rules] : undefined);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${name} must not scroll sideways`).toBeLessThanOrEqual(0);
    }
  });
}
