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

test('a client’s file is shown as a plan, and what is wanted of it becomes providers', async ({
  page,
}) => {
  await page.goto('/connect');
  await live(page);
  const part = page.getByRole('region', { name: 'Take over what a client has' });
  await part.getByLabel('The client’s file').fill(
    JSON.stringify({
      mcpServers: {
        notes: { command: 'notes-server', env: { API_TOKEN: 'canary-value' } },
        other: { command: 'other-server' },
        demo: { command: 'another-demo' },
      },
    }),
  );
  await part.getByRole('button', { name: 'Show what would happen' }).click();
  const plan = part.getByRole('list', { name: 'Plan' });
  await expect(plan.getByRole('listitem')).toHaveCount(3);
  await expect(plan).toContainText('demo-2');
  await expect(plan).toContainText('API_TOKEN');
  await expect(plan).not.toContainText('canary-value');
  const ids = async () => {
    const { providers } = (await (await page.request.get('/api/providers')).json()) as {
      providers: { provider: string }[];
    };
    return providers.map((one) => one.provider).filter((id) => /^(notes|other|demo-2)$/.test(id));
  };
  expect(await ids()).toEqual([]);
  await plan.getByRole('checkbox', { name: 'Take other' }).uncheck();
  await part.getByRole('button', { name: 'Make 2 providers' }).click();
  await expect(part.getByText('2 providers made')).toBeVisible();
  expect((await ids()).sort()).toEqual(['demo-2', 'notes']);
});
