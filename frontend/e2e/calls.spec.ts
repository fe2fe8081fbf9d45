import { expect, live, test } from './hangar';

test('a call is found by how it went and how long it took, and followed to the playground', async ({
  page,
}) => {
  await page.request.post('/api/providers/demo/start');
  for (let i = 0; i < 3; i += 1) {
    await page.request.post('/api/providers/demo/tools/add/call', {
      data: { arguments: { a: i, b: 1 } },
    });
  }
  await page.request.post('/api/providers/demo/tools/divide/call', {
    data: { arguments: { a: 1, b: 0 } },
  });
  await page.goto('/calls?provider=demo');
  await live(page);
  const table = page.getByRole('table', { name: 'Calls' });
  await expect(table.getByRole('row').filter({ hasText: 'divide' }).first()).toBeVisible();

  const failures = page.getByRole('list', { name: 'Failures among these calls' });
  await failures.getByRole('button', { name: /divide of demo$/ }).click();
  await expect(page).toHaveURL(/tool=divide/);
  await expect(table.getByRole('row').filter({ hasText: 'add' })).toHaveCount(0);
  await page.goBack();
  await expect(table.getByRole('row').filter({ hasText: 'add' }).first()).toBeVisible();

  await page.getByRole('button', { name: /^tool error/ }).click();
  await expect(table.getByRole('row').filter({ hasText: 'add' })).toHaveCount(0);
  await table.getByRole('button', { name: 'divide' }).first().click();
  const panel = page.getByRole('complementary', { name: 'About the call' });
  await expect(panel).toContainText('tool error');
  const id = new URL(page.url()).searchParams.get('sel') ?? '';
  const { call } = (await (await page.request.get(`/api/calls/${id}`)).json()) as {
    call: { outcome: string; tool_name: string };
  };
  expect(call).toMatchObject({ outcome: 'tool_error', tool_name: 'divide' });
  await page.goto(page.url()); // a link to it is enough
  await expect(panel).toContainText('divide');
  await panel.getByRole('link', { name: 'Open in the playground' }).click();
  await expect(page).toHaveURL(/\/playground\?provider=demo&tool=divide/);
});

test('the metrics show what happened, and lead to the calls behind a cell', async ({ page }) => {
  await page.request.post('/api/providers/demo/tools/add/call', {
    data: { arguments: { a: 1, b: 1 } },
  });
  await page.goto('/charts?provider=demo&range=15m');
  await live(page);
  const heat = page.getByRole('group', { name: /^How long calls took/ });
  await expect(heat).toBeVisible({ timeout: 30_000 }); // a step of the history is ten seconds
  await expect(page.getByRole('figure', { name: 'Calls', exact: true })).toBeVisible();
  await heat.locator('rect[data-shade]').last().click();
  await expect(page).toHaveURL(/\/calls\?.*from=/);
  await expect(page.getByRole('table', { name: 'Calls' })).toContainText('add');
});
