import { execFileSync } from 'node:child_process';
import AxeBuilder from '@axe-core/playwright';
import { expect, live, test } from './hangar';
import { setScene } from './scene';

test('a tool is found among all, tried in the playground, shared, saved and repeated in a shell', async ({
  page,
}) => {
  await setScene(page.request);
  const calls = async () =>
    (
      (await (await page.request.get('/api/providers/demo/tools/history')).json()) as {
        total: number;
      }
    ).total;
  await page.goto('/tools');
  await live(page);
  await page.getByRole('combobox', { name: 'Provider' }).selectOption('demo');
  await expect(page).toHaveURL(/provider=demo/);
  await page.getByRole('textbox', { name: 'Filter tools' }).fill('multiply');
  // At once: what was typed and not yet written to the address must not follow to the next page.
  // One event, because the list shrinks meanwhile: a row that moves between the button's down and up is not clicked.
  await page.getByRole('link', { name: 'Try multiply' }).dispatchEvent('click');
  await expect(page).toHaveURL(/\/playground\?provider=demo&tool=multiply$/);

  const before = await calls();
  await page.getByRole('textbox', { name: /^a/ }).fill('6');
  await page.getByRole('textbox', { name: /^b/ }).fill('7');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('42');
  await expect.poll(calls).toBe(before + 1);

  // The copied curl does the same.
  const twin = page.getByRole('region', { name: 'The same call elsewhere' });
  const curl = await twin.getByRole('group', { name: 'curl' }).innerText();
  expect(execFileSync('sh', ['-c', curl], { encoding: 'utf8' })).toContain('"result":42');
  await expect.poll(calls).toBe(before + 2);

  // The address brings it back, arguments and all.
  await page.getByRole('textbox', { name: 'Name of the saved call' }).fill('the answer');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.goto(page.url());
  await expect(page.getByRole('textbox', { name: /^a/ })).toHaveValue('6');
  await page.goto('/playground');
  await page
    .getByRole('region', { name: 'Saved calls' })
    .getByRole('button', { name: /^the answer/ })
    .click();
  await expect(page.getByRole('textbox', { name: /^b/ })).toHaveValue('7');

  await page.getByRole('combobox', { name: 'Call through' }).selectOption('group:calculators');
  await page.getByRole('table', { name: 'Tools to call' }).getByText('subtract').click();
  await page.getByRole('textbox', { name: /^a/ }).fill('9');
  await page.getByRole('textbox', { name: /^b/ }).fill('4');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('5');
});

test('the playground speaks both eras, shows what went, cancels at the provider and refuses at the field', async ({
  page,
}) => {
  await setScene(page.request);
  const result = page.getByRole('region', { name: 'Result' });
  const pane = page.getByRole('group', { name: 'Protocol', exact: true });

  await page.goto('/playground?provider=demo&tool=add&era=modern');
  await page.getByRole('textbox', { name: /^a/ }).fill('x');
  await page.getByRole('textbox', { name: /^b/ }).fill('40');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(page.getByText('Not a number')).toBeVisible();
  await page.getByRole('textbox', { name: /^a/ }).fill('2');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(result).toContainText('42');
  await page.getByText(/^Protocol \(/).click();
  await expect(pane).toContainText('POST /mcp/providers/demo');
  await expect(pane).toContainText('"io.modelcontextprotocol/protocolVersion": "2026-07-28"');
  await expect(pane).toContainText('Mcp-Name: add');
  const axe = await new AxeBuilder({ page }).analyze();
  expect(axe.violations.map((one) => one.id)).toEqual([]);

  await page.goto('/playground?provider=demo&tool=slow&era=session');
  await page.getByRole('textbox', { name: /^Seconds/ }).fill('60');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await page.getByText(/^Protocol \(/).click();
  await expect(pane).toContainText('"method": "initialize"');
  await expect(pane).toContainText('Mcp-Session-Id');
  await expect(pane).toContainText('notifications/progress');
  await page.getByRole('button', { name: 'Cancel call' }).click();
  await expect(result).toContainText('cancelled');
  await expect(pane).toContainText('"method": "notifications/cancelled"');
  await expect(pane).toContainText('DELETE /mcp/providers/demo');
  // A minute's call has ended in the log of calls: the provider was told.
  await expect
    .poll(async () => {
      const answer = await page.request.get('/api/calls?provider_id=demo&tool_name=slow&limit=1');
      return JSON.stringify(await answer.json());
    })
    .toMatch(/cancel/i);
});
