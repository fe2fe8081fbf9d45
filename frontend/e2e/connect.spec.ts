import { expect, live, test } from './hangar';

test('a client is told the address, and its first call is seen to arrive', async ({ page }) => {
  await page.goto('/connect?provider=demo');
  await live(page);
  await expect(page.getByText('No client has called yet', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: 'Cursor' }).click();
  const snippet = await page.getByRole('group', { name: 'Snippet for Cursor' }).innerText();
  const { mcpServers } = JSON.parse(snippet) as { mcpServers: { hangar: { url: string } } };

  // What a client does with that address: it says who it is, then calls.
  const headers = { Accept: 'application/json, text/event-stream' };
  const hello = await page.request.post(mcpServers.hangar.url, {
    headers,
    data: {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      },
    },
  });
  expect(hello.ok()).toBe(true);
  const session = hello.headers()['mcp-session-id'];
  const called = await page.request.post(mcpServers.hangar.url, {
    headers: { ...headers, ...(session ? { 'Mcp-Session-Id': session } : {}) },
    data: {
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/call',
      params: { name: 'add', arguments: { a: 1, b: 2 } },
    },
  });
  expect(called.ok()).toBe(true);
  await page.getByRole('link', { name: 'The call' }).click();
  await expect(page.getByRole('complementary', { name: 'About the call' })).toContainText('add');
  const { calls } = (await (await page.request.get('/api/calls?via=mcp')).json()) as {
    calls: { tool_name: string }[];
  };
  expect(calls.map((call) => call.tool_name)).toEqual(['add']);
});
