import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page, WebSocketRoute } from '@playwright/test';
import { expect, test } from './hangar';
import { pages } from './sights';

/** Pages that are made of nothing but what the browser has already. */
const ownWords: readonly string[] = ['connect', 'settings'];

/** What a list says on a server that nobody has used. Whatever has no row here has to settle all the same. */
const nothing: Partial<Record<string, RegExp>> = {
  providers: /No providers yet/,
  'fleet-tools': /No tools/i,
  groups: /No groups/i,
  operations: /No operations|Nothing/i,
  calls: /No calls in this time/,
  metrics: /Nothing happened in this time/,
  sources: /Nothing is looked for/,
  playground: /No tools are known yet/,
};

const main = (page: Page) => page.getByRole('main');
const loading = (page: Page) => page.getByRole('status', { name: /^Loading/ });

const failure = {
  error: 'InternalServerError',
  message: 'the disk is on fire',
  status_code: 500,
  request_id: 'REQ1',
};

test('every page shows that it is loading, and says what failed when the server fails', async ({
  page,
  allow,
}) => {
  test.setTimeout(180_000);
  allow(/status of 500/); // the browser logs the answers that this test is about
  // The sockets open and say nothing: what REST answers is all that a page has.
  const silent = new Set<WebSocketRoute>();
  await page.routeWebSocket(/\/api\/ws\//, (socket) => void silent.add(socket));
  const gate = new EventEmitter();
  let open = false;
  await page.route('**/api/**', async (route) => {
    if (!open) await once(gate, 'open');
    await route.fulfill({ status: 500, json: failure }).catch(() => null); // it has moved on
  });
  for (const [name, address] of Object.entries(pages)) {
    if (ownWords.includes(name)) continue;
    open = false;
    await page.goto(address);
    await expect.soft(loading(page).first(), `${name} shows that it is loading`).toBeAttached();
    open = true;
    gate.emit('open');
    const alert = page.getByRole('alert').first();
    await expect.soft(alert, `${name} says what failed`).toContainText('the disk is on fire');
    await expect.soft(alert, `${name} names the error`).toContainText('InternalServerError');
  }
});

test('every page has words for a server on which there is nothing', async ({
  page,
  hangar,
  allow,
}) => {
  test.setTimeout(180_000);
  allow(/^request to http:\/\/127\.0\.0\.1:/); // a second server, at another origin than the first
  allow(/status of 404/); // pages of one thing, which is not there
  const dir = await mkdtemp(path.join(tmpdir(), 'hangar-e2e-'));
  await writeFile(path.join(dir, 'hangar.yaml'), 'providers: {}\n');
  const empty = await hangar.beside('--config', path.join(dir, 'hangar.yaml'));
  try {
    const url = await empty.start();
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(url + address);
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
      await expect.soft(loading(page), name).toHaveCount(0);
      await expect.soft(main(page), name).toContainText(nothing[name] ?? /\w{3}/);
    }
    await page.goto('about:blank'); // what is still open would complain that the server goes
  } finally {
    await empty.remove();
    await rm(dir, { recursive: true, force: true });
  }
});
