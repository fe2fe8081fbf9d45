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

test('the events of a time in the past stand still, and the address says which', async ({
  page,
}) => {
  const moment = async () => {
    await page.waitForTimeout(20); // so that what was done before lies before it
    const now = new Date().toISOString();
    await page.waitForTimeout(20);
    return now;
  };
  const group = (id: string) => page.request.post('/api/groups', { data: { group_id: id } });
  await group('too-early');
  const from = await moment();
  await group('in-time');
  const to = await moment();
  await group('too-late');
  await page.goto(`/events?from=${from}&to=${to}&type=GroupCreated`);
  const table = page.getByRole('table', { name: 'Events' });
  await expect(table.getByText('in-time').first()).toBeVisible();
  await expect(table.getByText('too-early')).toHaveCount(0);
  await expect(table.getByText('too-late')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
  await page.keyboard.press('t');
  await page.keyboard.press('n');
  await expect(table.getByText('too-late').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
});
