import { expect, live, test } from './hangar';
import { setScene } from './scene';

test('the topology shows who reaches whom, follows the fleet and can be shared in focus', async ({
  page,
}) => {
  await setScene(page.request);
  await page.goto('/topology');
  await live(page);
  const groups = page.getByRole('list', { name: 'Groups' });
  const providers = page.getByRole('list', { name: 'Providers' });
  await expect(groups.getByRole('link', { name: /^calculators/ })).toBeVisible();

  await page
    .getByRole('button', { name: 'Only what is on a way through forecasts' })
    .click({ force: true });
  await page.mouse.move(2, 400);
  await expect(page).toHaveURL(/focus=group/);
  await page.goto(page.url());
  await expect(providers.getByRole('listitem').filter({ hasText: 'calc-1' })).toHaveAttribute(
    'data-dim',
  );
  await expect(providers.getByRole('listitem').filter({ hasText: 'weather' })).not.toHaveAttribute(
    'data-dim',
  );
  await page.getByRole('button', { name: 'Show everything' }).click();

  // A member that leaves its group is reached directly from then on, and only so.
  await page.request.delete('/api/groups/calculators/members/calc-3');
  await expect(groups.getByRole('link', { name: /^calculators.*2 of 2/ })).toBeVisible();
  await page.request.post('/api/groups/calculators/members', { data: { member_id: 'calc-3' } });
  await expect(groups.getByRole('link', { name: /^calculators.*of 3/ })).toBeVisible();
  await providers.getByRole('link', { name: /^calc-3/ }).click();
  await expect(page).toHaveURL(/\/providers\/calc-3$/);
});
