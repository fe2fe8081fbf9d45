import type { APIRequestContext } from '@playwright/test';
import { expect, live, test } from './hangar';

type Alert = {
  alert_id: string;
  rule: string;
  subject: string;
  acknowledged_by: string;
  note: string;
  silenced: boolean;
};

const firing = async (api: APIRequestContext, rule: string) => {
  const answer = await api.get(`/api/observability/alerts?state=firing&rule=${rule}`);
  return ((await answer.json()) as { alerts: Alert[] }).alerts;
};

test('an alert fires before one’s eyes, is taken up, silenced, heard again and gone', async ({
  page,
}) => {
  await page.goto('/alerts');
  await live(page);
  await expect(page.getByText('Nothing is wrong')).toBeVisible();

  await page.request.post('/api/providers', {
    data: {
      provider_id: 'broken',
      mode: 'subprocess',
      command: [process.execPath, '-e', 'process.exit(3)'],
    },
  });
  await page.request.post('/api/groups', { data: { group_id: 'pool', min_healthy: 1 } });
  await page.request.post('/api/groups/pool/members', { data: { member_id: 'broken' } });
  await page.request.post('/api/providers/broken/start');
  const causes = page.getByRole('list', { name: 'Alerts for somebody to take up' });
  await expect(causes.getByRole('link', { name: 'broken', exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: /^Alerts/ })).toContainText('to take up');

  // The provider may fail on and change its rule meanwhile: the group's alert stays what it is.
  const subject = async () => (await firing(page.request, 'group_below_minimum'))[0];
  await expect.poll(async () => (await subject())?.subject).toBe('group:pool');
  await page.goto(`/alerts?sel=${(await subject())!.alert_id}`);
  const panel = page.getByRole('complementary', { name: 'About the alert' });
  await panel.getByLabel('A note for the others').fill('known, until noon');
  await panel.getByRole('button', { name: 'Acknowledge' }).click();
  await expect.poll(async () => (await subject())?.note).toBe('known, until noon');
  const undo = page.getByRole('group', { name: 'Undo' }).getByRole('button', { name: 'Undo' });
  await undo.click();
  await expect.poll(async () => (await subject())?.acknowledged_by).toBe('');

  await panel.getByRole('button', { name: /^Silence group below/ }).click();
  await page.getByRole('menuitem', { name: '8 hours' }).click();
  await expect.poll(async () => (await subject())?.silenced).toBe(true);
  await page.getByRole('tab', { name: /^Silences/ }).click();
  await page.getByRole('list', { name: 'Silences' }).getByRole('button', { name: /^End/ }).click();
  await expect.poll(async () => (await subject())?.silenced).toBe(false);

  await page.request.delete('/api/groups/pool');
  await page.request.delete('/api/providers/broken');
  await page.getByRole('tab', { name: /^History/ }).click();
  await expect(
    page.getByRole('table', { name: 'Resolved alerts' }).getByText('Group below its minimum'),
  ).toBeVisible();
});
