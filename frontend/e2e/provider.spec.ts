import { binary, expect, live, test } from './hangar';

/** Its one tool says another thing of itself at each start. */
const fickle = `
const tool = () => ({ name: 'look', description: 'Looks at what there is.\\nStarted as ' + process.pid,
  inputSchema: { type: 'object', properties: { at: { type: 'string' } } } });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize'
    ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'fickle', version: '1' } }
    : method === 'tools/list' ? { tools: [tool()] } : {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});`;

test('the calls of a provider are followed live, filtered by outcome and opened', async ({
  page,
}) => {
  // One of its own: other tests have called those that there are.
  await page.request.post('/api/providers', {
    data: { provider_id: 'divider', mode: 'subprocess', command: [binary, 'demo'] },
  });
  const divide = (b: number) =>
    page.request.post('/api/providers/divider/tools/divide/call', {
      data: { arguments: { a: 1, b } },
    });
  await divide(1);
  await page.goto('/providers/divider?tab=calls');
  await live(page);
  const table = page.getByRole('table', { name: 'Calls of divider' });
  await expect(table.getByRole('link', { name: 'divide' })).toHaveCount(1);
  await divide(0);
  await expect(table.getByRole('link', { name: 'divide' })).toHaveCount(2);
  await page
    .getByRole('group', { name: 'Outcome' })
    .getByRole('button', { name: /^Tool error/i })
    .click();
  await expect(table.getByRole('link', { name: 'divide' })).toHaveCount(1);
  await expect(page).toHaveURL(/outcome=/);
  await table.getByRole('link', { name: 'divide' }).click();
  await expect(page.getByRole('complementary', { name: 'About the call' })).toContainText('divide');
});

test('what a tool says of itself, before and after it has changed', async ({ page }) => {
  const made = await page.request.post('/api/providers', {
    data: {
      provider_id: 'fickle',
      mode: 'subprocess',
      command: [process.execPath, '-e', fickle],
    },
  });
  expect(made.ok(), await made.text()).toBe(true);
  await page.request.post('/api/providers/fickle/start');
  await page.goto('/providers/fickle?tab=tools');
  await live(page);
  await expect(page.getByText('Looks at what there is.').first()).toBeVisible();
  await expect(page.getByText('Its definition has changed')).toHaveCount(0);
  await page.request.post('/api/providers/fickle/stop');
  await page.request.post('/api/providers/fickle/start');
  const changes = page.getByRole('region', { name: 'Changes of look' });
  const diff = changes.getByRole('group', { name: 'What changed in look' });
  await expect(diff).toContainText(/−.*Started as \d+/);
  await expect(diff).toContainText(/\+.*Started as \d+/);
  await changes.getByRole('link', { name: 'The event' }).click();
  await expect(page.getByRole('complementary', { name: 'Event details' })).toContainText(
    'ToolDefinitionChanged',
  );
});
