import { expect, live, test } from './hangar';
import { setScene } from './scene';

type Group = {
  strategy: string;
  members: { id: string; weight: number }[];
};

test('a group is created, filled, changed, undone and deleted', async ({ page }) => {
  await setScene(page.request);
  const group = async () => (await (await page.request.get('/api/groups/sums')).json()) as Group;
  await page.goto('/groups');
  await live(page);
  await page.getByRole('button', { name: 'Create group' }).click();
  const form = page.getByRole('dialog', { name: 'Create group' });
  await form.getByRole('textbox', { name: 'Name' }).fill('sums');
  await form.getByRole('button', { name: 'Create group' }).click();
  await expect(page).toHaveURL(/\/groups\/sums$/);

  await page.getByRole('button', { name: 'Add member' }).click();
  const add = page.getByRole('form', { name: 'Add member' });
  for (const id of ['demo', 'calc-1']) {
    await add.getByRole('combobox', { name: 'Provider' }).selectOption(id);
    await add.getByRole('textbox', { name: 'Weight' }).fill('2');
    await add.getByRole('button', { name: 'Add' }).click();
    await expect(page.getByRole('table').getByRole('link', { name: id })).toBeVisible();
  }
  await add.getByRole('button', { name: 'Done' }).click();
  expect((await group()).members.map(({ id, weight }) => [id, weight])).toEqual(
    expect.arrayContaining([
      ['demo', 2],
      ['calc-1', 2],
    ]),
  );

  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('sticky');
  await expect(page.getByRole('group', { name: 'Undo' })).toBeVisible();
  expect((await group()).strategy).toBe('sticky');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('combobox', { name: 'Strategy' })).toHaveValue('round_robin');
  expect((await group()).strategy).toBe('round_robin');

  for (let i = 0; i < 4; i += 1) {
    await page.request.post('/api/groups/sums/tools/add/call', {
      data: { arguments: { a: 1, b: i } },
    });
  }
  await expect(page.getByRole('img', { name: 'wanted 50 %, got 50 %' })).toHaveCount(2);

  await page.getByRole('button', { name: 'Remove demo from sums' }).click();
  await expect(page.getByRole('table').getByRole('link', { name: 'demo' })).toHaveCount(0);
  expect((await group()).members).toHaveLength(1);

  await page.getByRole('button', { name: 'More for sums' }).click();
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete group sums?' });
  await dialog.getByRole('textbox').fill('sums');
  await dialog.getByRole('button', { name: 'Delete sums' }).click();
  await expect(page).toHaveURL(/\/groups$/);
  expect((await page.request.get('/api/groups/sums')).status()).toBe(404);
});
