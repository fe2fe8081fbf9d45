import path from 'node:path';
import { expect, live, test } from './hangar';
import { setScene } from './scene';
import { pages } from './sights';

const folder = path.resolve(import.meta.dirname, '..', '..', 'docs', 'screenshots');

for (const scheme of ['light', 'dark'] as const) {
  test(`pictures of every page, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await setScene(page.request);
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(address);
      await live(page);
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
      if (/[?&](edit|add|entry)=/.test(address))
        await expect(page.getByRole('dialog')).toBeVisible();
      await page.screenshot({ path: path.join(folder, `${name}-${scheme}.png`) });
    }
  });
}
