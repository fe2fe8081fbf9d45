import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { APIRequestContext, Page } from '@playwright/test';
import { binary, expect, live, test } from './hangar';

/** Reads everything, changes nothing. */
const permissions = [
  ...['provider', 'group', 'catalog', 'discovery', 'operation', 'log', 'event', 'call', 'system'],
  ...['metrics', 'alert', 'audit', 'auth', 'config'],
]
  .map((one) => `${one}:read`)
  .concat('tool:list');

/** Where something can be changed. */
const places = [
  '/',
  '/providers',
  '/providers?add=1',
  '/providers/demo',
  '/providers/demo?edit=demo',
  '/groups',
  '/groups?add=1',
  '/groups/pool',
  '/alerts',
  '/operations',
  '/catalog',
  '/catalog?entry=demo',
  '/catalog?import=1',
  '/discovery?sel=found',
  '/discovery?tab=sources&add=1',
  '/config',
  '/config?tab=backups&backup=BACKUP',
  '/access?sel=ci',
  '/access?tab=roles&edit=mine',
  '/access?tab=policies&edit=new',
  '/connect',
  '/settings?tab=server',
];

/** What a control is called that changes something on the server. */
const changing =
  /^(Add|Create|Delete|Remove|Start|Stop|Restart|Edit|Approve|Reject|Deploy|Import server|Import|Reload|Restore|Back up|Rotate|Revoke|Give|Take (admin|mine)|Acknowledge|Silence|Cancel .|Forget|Rebalance|Switch .* o|Look (now|at .* now)|Refresh|Make|Save (changes|policy|role)|Show what|New role|Strategy|Members it needs|Level of the log)\b/;

/** Every control that changes something: its name, and whether it is offered. */
async function controls(page: Page) {
  const found = await page
    .locator('button, select, [role=menuitem], input[type=radio]')
    .evaluateAll((all) =>
      all
        // The permissions of a role are put together in a form of their own, and saved by its button.
        .filter((one) => one.closest('fieldset') === null)
        .filter((one) => one.checkVisibility() || one instanceof HTMLInputElement)
        .map((one) => ({
          name:
            one.getAttribute('aria-label') ??
            one.closest('[role=radiogroup]')?.getAttribute('aria-label') ??
            one.textContent.trim(),
          off: one.matches(':disabled, [data-disabled], [aria-disabled=true]'),
        })),
    );
  return found.filter(({ name }) => changing.test(name));
}

/** Doors that change nothing by themselves. */
const readers = [
  'POST /api/auth/check-permission',
  'POST /api/auth/explain',
  'POST /api/auth/ticket',
  'POST /api/config/export',
  'POST /api/get_websocket_status_service',
  'POST /api/providers/bulk', // asks for each provider's own permission
];

/** Every door of the API's own document that changes something, with things that there are. */
async function doors(api: APIRequestContext, ids: Record<string, string>) {
  const { paths } = (await (await api.get('/api/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['post', 'put', 'delete', 'patch'].includes(method))
      .filter((method) => !readers.includes(`${method.toUpperCase()} ${path}`))
      .map((method) => ({
        method,
        path: path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none'),
      })),
  );
}

test('who may only read is offered nothing that changes anything, and the API refuses the same', async ({
  hangar,
  browser,
  playwright,
}) => {
  test.setTimeout(120_000);
  const dir = await mkdtemp(path.join(tmpdir(), 'hangar-readonly-'));
  const file = path.join(dir, 'hangar.yaml');
  const demo = `{ mode: subprocess, command: ["${binary}", "demo"] }`;
  await writeFile(
    file,
    `auth: { enabled: true }\nproviders:\n  demo: ${demo}\n  gone: { mode: subprocess, command: ["false"] }\n`,
  );
  await writeFile(
    path.join(dir, 'found.yaml'),
    `name: found\nmode: subprocess\ncommand: ["${binary}", "demo"]\n`,
  );
  const guarded = await hangar.beside('--config', file, '--watch-config=false');
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    const url = await guarded.start();
    const link = () =>
      guarded.said.map((line) => /http\S+\/setup#\S+/.exec(line)?.[0]).find(Boolean) ?? '';
    await expect.poll(link).toContain('/setup#');
    await page.goto(link());
    await page.getByLabel('Your name here').fill('ann');
    await page.getByRole('button', { name: 'Make me admin' }).click();
    const as = (key: string) =>
      playwright.request.newContext({
        baseURL: url,
        extraHTTPHeaders: { authorization: `Bearer ${key}` },
      });
    const admin = await as(await page.getByLabel('API key').inputValue());
    const make = async (path: string, data: object = {}) => {
      const answer = await admin.post(path, { data });
      expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
      return (await answer.json()) as Record<string, string>;
    };
    await make('/api/groups', { group_id: 'pool' });
    await make('/api/groups/pool/members', { member_id: 'demo' });
    await make('/api/auth/roles', { role_id: 'mine', permissions });
    const { raw_key: key = '' } = await make('/api/auth/keys', { principal_id: 'eve', name: 'k' });
    await make('/api/auth/principals/eve/roles', { role_id: 'mine' });
    const { key_id: other = '' } = await make('/api/auth/keys', { principal_id: 'ci', name: 'k' });
    await make('/api/auth/principals/ci/roles', { role_id: 'mine' });
    const { backup_id: backup = '' } = await make('/api/config/backup', { label: 'b' });
    await make('/api/discovery/sources', {
      source_type: 'filesystem',
      mode: 'additive',
      config: { path: dir },
    });
    await admin.post('/api/providers/gone/start'); // it does not start: there is something to attend to
    await writeFile(file, `auth: { enabled: true }\nproviders:\n  demo: ${demo}\n`);

    await page.goto(`${url}/login`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await live(page);
    const refused: string[] = [];
    page.on('response', (answer) => {
      if (answer.status() === 403)
        refused.push(`${answer.request().method()} ${answer.url().replace(url, '')}`);
    });
    const seen = new Set<string>();
    for (const place of places) {
      await page.goto(url + place.replace('BACKUP', backup));
      const drawer = /[?&](edit|add|entry|import)=/.test(place);
      if (drawer) await expect(page.getByRole('dialog').locator('[type=submit]')).toBeVisible();
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
      await live(page);
      const menu = page.locator('[data-row-menu]').first();
      if (!drawer && (await menu.count()) > 0) {
        await menu.click();
        await expect(page.getByRole('menu')).toBeVisible();
      }
      const found = await controls(page);
      for (const { name } of found) seen.add(name);
      expect
        .soft(
          found.filter(({ off }) => !off).map(({ name }) => name),
          `${place} offers`,
        )
        .toEqual([]);
    }
    // Nor has any of these pages asked for what its reader may not have.
    expect.soft(refused).toEqual([]);
    for (const one of [
      ...['Add provider', 'Start demo', 'Save changes', 'Create group', 'Add member', 'Strategy'],
      ...['Import server.json', 'Deploy', 'Import', 'Approve', 'Add source', 'Reload', 'Restore'],
      ...['Back up now', 'Create key', 'Rotate k', 'Give a role', 'Save role', 'Add policy'],
      ...['Show what would happen', 'Level of the log'],
    ])
      expect.soft([...seen], 'these are there to be refused').toContain(one);

    const reader = await as(key);
    const all = await doors(admin, {
      provider_id: 'demo',
      group_id: 'pool',
      member_id: 'demo',
      backup_id: backup,
      entry_id: 'demo',
      name: 'found',
      role_id: 'mine',
      principal_id: 'ci',
      id: other,
      tool_name: 'add',
    });
    expect(all.length).toBeGreaterThan(40);
    for (const { method, path } of all) {
      const answer = await reader.fetch(path, { method, data: {} });
      expect.soft(answer.status(), `${method} ${path}`).toBe(403);
    }
    const order = { verb: 'start', provider_ids: ['demo'], reason: 'r' };
    await reader.post('/api/providers/bulk', { data: order });
    const { state } = (await (await reader.get('/api/providers/demo')).json()) as { state: string };
    expect(state).toBe('cold');
  } finally {
    await context.close();
    await guarded.remove();
    await rm(dir, { recursive: true, force: true });
  }
});
