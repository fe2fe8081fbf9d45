// A lap over the main pages, the way somebody works: keys, typing, clicks, wheel. Everything goes through the browser's
// own input, or it would not be an interaction.
import { step } from './page.mjs';

const rest = (page, ms = 250) => page.waitForTimeout(ms);

export async function lap(page, { running }) {
  const { keyboard, mouse } = page;
  const go = async (key, heading) => {
    await step(page, `go to ${heading}`);
    await keyboard.press('g');
    await keyboard.press(key);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await rest(page);
  };
  const type = async (label, text) => {
    await step(page, `type in ${label}`);
    await keyboard.press('/');
    await keyboard.type(text, { delay: 90 });
    await rest(page, 400);
    await keyboard.press('Escape');
    await rest(page);
    await keyboard.press('Escape');
  };
  const wheel = async (what) => {
    await step(page, `scroll ${what}`);
    await mouse.move(720, 560);
    for (const delta of [600, 900, 2400, -1200, 6000, -9000]) {
      await mouse.wheel(0, delta);
      await rest(page, 120);
    }
  };
  const click = async (what, locator) => {
    await step(page, what);
    await locator.first().click();
    await rest(page);
  };

  await go('p', 'Providers');
  await type('Providers', 'team 7');
  for (const column of ['Calls', 'Calls', 'State', 'Name']) {
    await click(`sort Providers by ${column}`, page.getByRole('columnheader').getByRole('button', { name: column }));
  }
  const cold = page.getByRole('group', { name: 'State' }).getByText('cold');
  await click('chip of Providers', cold);
  await click('chip of Providers', cold);
  await wheel('Providers');
  await step(page, 'rows of Providers by key');
  for (const key of ['j', 'j', 'j', 'k', 'End', 'Home']) {
    await keyboard.press(key);
    await rest(page, 120);
  }

  await step(page, 'palette');
  await keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await keyboard.type(running, { delay: 90 });
  await rest(page, 400);
  await keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: running }).waitFor();
  for (const tab of ['Tools', 'Starts', 'Health', 'Logs', 'Events', 'Summary']) {
    await click(`tab ${tab}`, page.getByRole('tab', { name: tab }));
  }

  await go('t', 'Tools');
  await type('Tools', 'echo');
  await wheel('Tools');
  await go('g', 'Groups');
  await wheel('Groups');
  await go('m', 'Topology');
  await wheel('Topology');
  await go('c', 'Calls');
  await type('Calls', 'echo');
  await wheel('Calls');
  await go('x', 'Metrics');
  await go('e', 'Events');
  await type('Events', 'server');
  await wheel('Events');
  await go('l', 'Logs');
  await go('o', 'Operations');
  await go('s', 'Access');
  await go('k', 'Catalog');
  await go('d', 'Discovery');
  await go('r', 'Playground');
  await go('n', 'Connect');
  await go('f', 'Configuration');
  await go('h', 'Overview');
  await rest(page, 1_000);
}
