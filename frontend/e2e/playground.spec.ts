import { execFileSync } from 'node:child_process';
import path from 'node:path';
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

test('the same call runs as TypeScript, and Python reads it as the same arguments', async ({
  page,
}) => {
  await setScene(page.request);
  const args = {
    message: `it's "so" \\ \n é`,
    more: [true, false, null, -1.5, {}],
    ['__proto__']: 1,
  };
  await page.goto(
    `/playground?provider=demo&tool=echo&args=${encodeURIComponent(JSON.stringify(args))}`,
  );
  const twin = page.getByRole('region', { name: 'The same call elsewhere' });
  const textOf = async (name: string) => {
    await twin.getByText(name, { exact: true }).click();
    return twin.getByRole('group', { name }).innerText();
  };
  const script = await textOf('TypeScript');
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: import.meta.dirname, // the SDK is installed above it
  });
  expect(JSON.parse(said)).toMatchObject({ content: [{ type: 'text', text: args.message }] });

  const read = [
    'import ast, json, sys',
    'calls = [n for n in ast.walk(ast.parse(sys.stdin.read())) if isinstance(n, ast.Call)]',
    "call = next(n for n in calls if getattr(n.func, 'attr', '') == 'call_tool')",
    'print(json.dumps([ast.literal_eval(one) for one in call.args]))',
  ].join('\n');
  const python = await textOf('Python');
  const meant = execFileSync('python3', ['-W', 'error', '-c', read], {
    input: python,
    encoding: 'utf8',
  });
  expect(JSON.parse(meant)).toEqual(['echo', JSON.parse(JSON.stringify(args))]);
});

test('a tool that asks is answered in the page, a choice of shapes is filled in, a large integer stays', async ({
  page,
}) => {
  const travel = path.join(import.meta.dirname, 'asking.server.mjs');
  await page.request.post('/api/providers', {
    data: { provider_id: 'travel', mode: 'subprocess', command: [process.execPath, travel] },
  });
  await page.request.post('/api/providers/travel/start');
  const result = page.getByRole('region', { name: 'Result' });
  const question = page.getByRole('form', { name: 'travel asks' });

  for (const era of ['modern', 'session']) {
    await page.goto(`/playground?provider=travel&tool=book&era=${era}`);
    await page.getByRole('textbox', { name: /^Where to/ }).fill('Lisbon');
    await page.getByRole('button', { name: 'Call tool' }).click();
    await question.getByRole('button', { name: 'Answer' }).click();
    await expect(question.getByText('Needed')).toBeVisible();
    await question.getByRole('combobox', { name: /^Seat/ }).selectOption('On the aisle');
    if (era === 'modern') {
      const axe = await new AxeBuilder({ page }).analyze();
      expect(axe.violations.map((one) => one.id)).toEqual([]);
    }
    await question.getByRole('button', { name: 'Answer' }).click();
    await expect(result).toContainText('Lisbon: aisle, 1 meals');
    await expect(question).toHaveCount(0);
    await page.getByRole('button', { name: 'Call tool' }).click();
    await question.getByRole('button', { name: 'Decline' }).click();
    await expect(result).toContainText('Lisbon: decline');
    await expect(result.getByRole('img', { name: /at the provider/ })).toBeVisible();
  }

  await page.goto('/playground?provider=travel&tool=order');
  const form = page.getByRole('combobox', { name: 'Form of Delivery' });
  await expect(form).toHaveValue('0');
  await form.selectOption('Picked up');
  await page.getByRole('textbox', { name: /^Shop/ }).fill('7');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(result.getByRole('group', { name: 'text content' })).toContainText('"shop": 7');
  await page.goto(page.url());
  await expect(form).toHaveValue('1');

  await page.goto('/playground?provider=travel&tool=account_with_a_rather_long_name');
  await page.getByRole('button', { name: 'Call tool' }).click();
  await expect(result).toContainText('9007199254740993');
});
