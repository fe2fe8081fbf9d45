import type { Page, Request } from '@playwright/test';
import { expect, live, test } from './hangar';
import { setTrap } from './hostile.scene';
import { charges, evil, lookalike, markup, override, tools } from './hostile.texts.mjs';
import { pages } from './sights';

type Ran = Window & { __ran?: number; __told: (report: string) => Promise<void> };

let laid: Promise<string[]> | undefined;

/** Once for all tests of this file: they share their server. */
const trap = (page: Page) => (laid ??= setTrap(page.request));

/** Hears everything that must not happen. `drain` gives what was heard since the last time. */
async function listen(page: Page) {
  const heard: string[] = [];
  await page.exposeFunction('__told', (report: string) => heard.push(report));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      void (window as unknown as Ran).__told(
        `CSP ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`,
      );
    });
  });
  page.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => heard.push(`popup: ${popup.url()}`));
  page.on('download', (download) => heard.push(`download: ${download.url()}`));
  return async () => {
    if (await page.evaluate(() => (window as unknown as Ran).__ran !== undefined))
      heard.push('something ran');
    return heard.splice(0);
  };
}

/** Texts and labels in which something is hidden, or that turn the direction of what stands beside them. */
const deceptive = (page: Page) =>
  page.evaluate(() => {
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
    const found: string[] = [];
    const note = (where: Element | null, text: string) => {
      if (hidden.test(text))
        found.push(
          `<${where?.localName ?? ''} class="${where?.className ?? ''}"> ${encodeURI(text).slice(-150)}`,
        );
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // What is in a field is what will be sent, so it stays as it is.
      if (node.parentElement?.localName !== 'textarea')
        note(node.parentElement, node.nodeValue ?? '');
    }
    for (const name of ['title', 'aria-label', 'alt', 'placeholder'])
      document.querySelectorAll(`[${name}]`).forEach((one) => {
        note(one, one.getAttribute(name) ?? '');
      });
    note(null, document.title);
    return found;
  });

/** Loads the dashboard once. The way that it gives goes to another page as a link does: the document and what listens in it stay, so
 *  that nothing is missed in between, and a page is not read from the network again. It waits until nothing is asked for and
 *  nothing changes any more. */
async function visit(page: Page) {
  const asked = new Set<Request>();
  let count = 0;
  page.on('request', (request) => {
    count++;
    asked.add(request);
  });
  page.on('requestfinished', (request) => asked.delete(request));
  page.on('requestfailed', (request) => asked.delete(request));
  const still = () =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const done = () => {
            watch.disconnect();
            clearTimeout(latest);
            resolve();
          };
          let quiet = setTimeout(done, 100);
          const latest = setTimeout(done, 1000); // a page whose clock ticks is never quite still
          const watch = new MutationObserver(() => {
            clearTimeout(quiet);
            quiet = setTimeout(done, 100);
          });
          watch.observe(document.body, { childList: true, subtree: true, characterData: true });
        }),
    );
  await page.goto('/');
  await live(page);
  return async (address: string) => {
    await page.evaluate((to) => {
      history.pushState({}, '', to);
    }, address);
    await expect(async () => {
      const before = count;
      await still();
      expect(asked.size + count - before, 'requests under way').toBe(0);
    }).toPass({ intervals: [0] });
    await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
  };
}

/** Where a hostile text must be seen, so that the pages cannot pass by being empty. */
const certain: Record<string, string | undefined> = {
  '/tools?q=hostile': markup,
  '/providers/hostile?tab=tools': markup,
  '/providers/hostile?tab=events': markup,
  '/providers/hostile?tab=logs': charges[0],
  '/groups': charges[0],
  '/operations': charges[0],
  '/access?sel=mallory': charges[0],
  '/catalog?entry=trap': charges[0],
  '/discovery?sel=trap-found': markup,
};

test('nothing of what others say runs, loads, or hides', async ({ page, url, allow }) => {
  allow(/404/); // the browser's own report of a page that is not there
  test.setTimeout(240_000);
  const extra = await trap(page);
  const drain = await listen(page);
  const shows: Record<string, string> = {};
  const hides: Record<string, string[]> = {};
  const goTo = await visit(page);
  for (const address of [...Object.values(pages), '/tools?q=hostile', ...extra]) {
    await goTo(address);
    const text = certain[address];
    if (text !== undefined)
      await expect(page.getByText(text).filter({ visible: true }).first(), address).toBeVisible();
    expect(await drain(), address).toEqual([]);
    expect(new URL(page.url()).origin, address).toBe(url);
    const hidden = await deceptive(page);
    if (hidden.length > 0) hides[address] = hidden;
    shows[address] = await page.locator('body').innerText();
  }
  expect(hides).toEqual({});
  const showing = (text: string) => Object.keys(shows).filter((at) => shows[at]?.includes(text));
  for (const charge of charges)
    expect(showing(charge).length, `${charge} is shown as text`).toBeGreaterThanOrEqual(3);
});

test('what is clicked, found and called does not run either', async ({ page, allow }) => {
  allow(/404|422|502/); // tools that are not there, or fail
  test.setTimeout(120_000);
  await trap(page);
  const drain = await listen(page);
  const goTo = await visit(page);
  for (const { name } of tools.slice(0, 5)) {
    await goTo(`/playground?provider=hostile&tool=${encodeURIComponent(name)}`);
    await page.getByRole('button', { name: /^Call/ }).first().click();
    await expect(page.getByText(charges[0] ?? '').first()).toBeVisible();
    expect(await drain(), name).toEqual([]);
    expect.soft(await deceptive(page), name).toEqual([]);
  }
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('combobox').fill('<script>');
  await expect(
    page.getByRole('dialog').getByRole('option').filter({ hasText: markup }).first(),
  ).toBeVisible();
  expect.soft(await deceptive(page), 'the palette').toEqual([]);
  expect(await drain(), 'the palette').toEqual([]);
});

test('what is taken over, and what a view is called, is shown as it is', async ({ page }) => {
  await trap(page);
  const drain = await listen(page);
  await page.goto('/connect');
  await live(page);
  const part = page.getByRole('region', { name: 'Take over what a client has' });
  const server = { command: evil, args: [evil], env: { [override]: evil, API_KEY: evil } };
  await part
    .getByLabel('The client’s file')
    .fill(JSON.stringify({ mcpServers: { [markup]: server, [override]: server, [evil]: server } }));
  await part.getByRole('button', { name: 'Show what would happen' }).click();
  await expect(part.getByRole('list', { name: 'Plan' }).getByRole('listitem')).toHaveCount(3);
  expect(await deceptive(page), 'the plan').toEqual([]);
  expect(await drain(), 'the plan').toEqual([]);

  await page.goto(`/providers?q=${encodeURIComponent(markup)}`);
  await live(page);
  await page.getByRole('button', { name: 'Saved views' }).click();
  await page.getByLabel('Name of this view').fill(`${override} ${markup}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: /^Saved views/ }).click();
  await expect(page.getByRole('list', { name: 'Saved views' })).toContainText('send[U+202E]liam');
  expect(await deceptive(page), 'the views').toEqual([]);
  expect(await drain(), 'the views').toEqual([]);
});

test('a name that looks like another one is marked', async ({ page }) => {
  await trap(page);
  const goTo = await visit(page);
  for (const at of [
    '/tools?q=hostile',
    '/providers/hostile?tab=tools',
    '/playground?provider=hostile',
  ]) {
    await goTo(at);
    await expect(page.getByText('send[U+202E]liam').first(), at).toBeVisible();
    await expect(page.getByText('zero[U+200B]width').first(), at).toBeVisible();
    await expect(page.getByText('bell[U+0007][U+001B][31m').first(), at).toBeVisible();
    await expect(page.getByText(`${lookalike[0] ?? ''}[U+0440]ay`).first(), at).toBeVisible();
  }
});

test('the listener hears what does run or load', async ({ page, allow }) => {
  allow(/Content Security Policy|elsewhere\.invalid|ERR_|404/);
  const drain = await listen(page);
  await page.goto('/');
  await live(page);
  expect(await drain()).toEqual([]);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.__ran = 1';
    document.body.append(script);
  });
  await expect.poll(drain).toEqual([expect.stringMatching(/^CSP script-src-elem: inline/)]);

  // A charge in a page that takes text for HTML, and an icon from elsewhere.
  await page.evaluate(
    (html) => {
      const careless = document.createElement('div');
      careless.innerHTML = html;
      document.body.append(careless);
    },
    `${charges[1] ?? ''}<img src="https://elsewhere.invalid/icon.png">`,
  );
  const heard: string[] = [];
  await expect
    .poll(async () => {
      heard.push(...(await drain()));
      return heard;
    })
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^CSP script-src-attr/),
        expect.stringMatching(/^CSP img-src: https:\/\/elsewhere/),
      ]),
    );

  // Without the policy, the marker tells of it.
  await page.evaluate(() => {
    (window as unknown as Ran).__ran = 1;
  });
  expect(await drain()).toContain('something ran');
});
