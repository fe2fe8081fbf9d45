import { expect, live, test } from './hangar';
import { setScene } from './scene';

test('the overview names what needs a person, and its act is one click away', async ({
  page,
  allow,
}) => {
  allow(/status of 503/); // the act may be a start, which fails
  await setScene(page.request);
  await page.request.post('/api/providers/calc-3/stop');
  await page.goto('/');
  await live(page);
  const needs = page.getByRole('region', { name: 'Needs attention' });
  await expect(needs.getByRole('link', { name: 'weather' })).toBeVisible();
  await expect(needs.getByRole('link', { name: 'forecasts' })).toBeVisible();

  // The cell of a provider moves by itself, and leads to it.
  const strip = page.getByRole('listbox', { name: 'All providers by group' });
  await expect(strip.getByRole('option', { name: 'calc-3: cold' })).toBeVisible();
  await page.request.post('/api/providers/calc-3/start');
  const cell = strip.getByRole('option', { name: 'calc-3: ready' });
  await expect(cell).toBeVisible();

  const act = needs.getByRole('listitem').filter({ hasText: 'weather' });
  await act.getByRole('button', { name: /^(Logs|Start)/ }).click();
  // Whichever the server advises: its last words are what a person sees next.
  await expect(page.getByText('no API key in WEATHER_KEY').first()).toBeVisible();
  await page.goto('/');
  await cell.click();
  await expect(page).toHaveURL(/\/providers\/calc-3$/);
});

test('everything is reached without a mouse', async ({ page }) => {
  await setScene(page.request);
  await page.goto('/');
  await live(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Search pages/ }).fill('stop calc-2');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Stop calc-2?' })).toContainText('calculators');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const state = async () =>
    ((await (await page.request.get('/api/providers/calc-2')).json()) as { state: string }).state;
  await expect.poll(state).toBe('cold');

  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await expect(page).toHaveURL(/\/providers$/);
  await expect(page.getByRole('row').first()).toBeVisible(); // the address comes before the page
  await page.keyboard.press('/');
  await page.keyboard.type('calc-2');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.keyboard.press('Enter'); // leaves the filter, which stays
  await page.keyboard.press('j');
  await expect(page.getByRole('row').filter({ hasText: 'calc-2' }).locator(':focus')).toHaveCount(
    1,
  );
  await page.keyboard.press('s');
  await expect.poll(state).not.toBe('cold');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toContainText('Next row');
});
