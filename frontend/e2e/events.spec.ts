import { readFile } from 'node:fs/promises';
import { expect, live, test } from './hangar';

test('events are searched by what they carry, and what is found is a link and a file', async ({
  page,
}) => {
  await page.request.post('/api/groups', { data: { group_id: 'needle' } });
  await page.request.post('/api/providers/demo/tools/add/call', {
    data: { arguments: { a: 1, b: 2 } },
  });
  await page.goto('/events');
  await live(page);
  const table = page.getByRole('table', { name: 'Events' });
  await expect(
    table.getByRole('button', { name: 'ToolInvocationCompleted' }).first(),
  ).toBeVisible();
  await page.getByLabel('Search events').fill('needle group');
  await expect(page).toHaveURL(/q=needle/);
  await expect(table.getByRole('button', { name: 'ToolInvocationCompleted' })).toHaveCount(0);
  await page.reload();
  await table.getByRole('button', { name: 'GroupCreated' }).click();
  const details = page.getByRole('complementary', { name: 'Event details' });
  await expect(details.getByRole('link', { name: 'Group needle' })).toHaveAttribute(
    'href',
    /\/groups\/needle$/,
  );

  await page.getByRole('button', { name: 'Export events' }).click();
  const file = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'NDJSON', exact: true }).click();
  const lines = (await readFile(await (await file).path(), 'utf8')).trim().split('\n');
  const kinds = lines.map((line) => (JSON.parse(line) as { event_type: string }).event_type);
  expect(kinds).toContain('GroupCreated');
  expect(kinds).not.toContain('ToolInvocationCompleted');

  await page.request.post('/api/groups', { data: { group_id: 'needle-2' } });
  await expect(table.getByText('needle-2').first()).toBeVisible();
});
