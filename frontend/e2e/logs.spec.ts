import { readFile } from 'node:fs/promises';
import { expect, live, test } from './hangar';
import { setScene } from './scene';

test('the lines of several providers are one log: followed, paused, searched, saved', async ({
  page,
}) => {
  await setScene(page.request);
  await page.goto('/logs?providers=calc-1,demo,weather');
  await live(page);
  const log = page.getByRole('log');
  await expect(log).toContainText('no API key in WEATHER_KEY');

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.request.post('/api/providers/demo/tools/echo/call', {
    data: { arguments: { message: 'hello from the log test' } },
  });
  await page.getByRole('button', { name: /^Resume, [1-9]/ }).click();
  await expect(log).toContainText('echo');

  await page.getByRole('textbox', { name: 'Search logs' }).fill('WEATHER_KEY');
  await page.getByRole('switch', { name: 'Only matches' }).click();
  await page.getByRole('combobox', { name: 'Context' }).selectOption('2');
  await expect(page).toHaveURL(/only=1/);
  await expect(log).toContainText('reading config.json');

  const saved = async (kind: string, name: RegExp) => {
    await page.getByRole('button', { name: 'Export logs' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: kind, exact: true }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(name);
    return readFile(await file.path(), 'utf8');
  };
  expect(await saved('Text', /^logs_.*\.log$/)).toContain(
    'weather ERROR no API key in WEATHER_KEY',
  );
  const lines = (await saved('NDJSON', /^logs_.*\.ndjson$/)).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({
      provider: 'weather',
      level: 'error',
      line: 'ERROR no API key in WEATHER_KEY',
    }),
  );
});
