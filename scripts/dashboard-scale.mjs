// Is the dashboard usable over a large and busy fleet? The real binary, a real browser, real calls:
//   node scripts/dashboard-scale.mjs [--minutes 10] [--providers 1000] [--events 1000] [--write docs/dashboard.md]
// It prints a table, and ends with 1 when a limit is missed. Long tasks and slow interactions are listed with what was done.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { lap } from './scale/lap.mjs';
import { growth, heap, median, observed, percentile, watch } from './scale/page.mjs';
import { flood, position, startServer } from './scale/server.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    providers: { type: 'string', default: '1000' },
    events: { type: 'string', default: '1000' },
    loads: { type: 'string', default: '7' },
    write: { type: 'string' },
  },
});
const minutes = Number(flags.minutes);
const size = Number(flags.providers);
const perSecond = Number(flags.events);
const loadBefore = loadavg()[0];
const limits = { interaction: 200, freeze: 1_000, lcp: 1_000, growth: 0.5 };

const open = async (browser, url) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  return { context, page };
};

/** Largest contentful paint and shift of first visits: each with an empty cache. */
async function coldLoads(browser, url, loads) {
  const found = [];
  for (let n = 0; n < loads; n += 1) {
    const { context, page } = await open(browser, url);
    await page.waitForTimeout(1_000);
    found.push(await page.evaluate(() => ({ lcp: window.__scale.lcp, of: window.__scale.lcpOf, shift: window.__scale.shift })));
    await context.close();
  }
  return found;
}

async function work(browser, server) {
  const { context, page } = await open(browser, server.url);
  const cdp = await context.newCDPSession(page);
  await cdp.send('HeapProfiler.enable');
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  const begun = Date.now();
  const passed = () => (Date.now() - begun) / 60_000;
  const heaps = [];
  for (let laps = 1; heaps.length === 0 || passed() < minutes; laps += 1) {
    await lap(page, { running: server.ids[1] }).catch(async (error) => {
      await page.screenshot({ path: path.join(root, '.make', 'scale.png') });
      throw error;
    });
    heaps.push({ minute: passed(), mb: await heap(cdp) });
    console.log(`lap ${laps}, minute ${passed().toFixed(1)}: ${heaps.at(-1).mb.toFixed(1)} MB`);
  }
  const seen = await observed(page);
  await context.close();
  if (complaints.length > 0) throw new Error(`the page complained: ${complaints.slice(0, 3).join('; ')}`);
  return { ...seen, heaps, minutes: passed() };
}

const worst = (list, count) =>
  [...list]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, count)
    .map(({ ms, step, what }) => `${Math.round(ms)} ms ${step}${what ? ` (${what})` : ''}`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
const server = await startServer(path.join(root, 'bin', 'hangar'), { size, running: 10 });
try {
  const quiet = await coldLoads(browser, server.url, Number(flags.loads));
  const before = await position(server.url);
  const load = await flood(server, perSecond);
  const busy = await coldLoads(browser, server.url, Number(flags.loads));
  const seen = await work(browser, server);
  const { seconds, late } = load.stop();
  const events = (await position(server.url)) - before;
  report({ quiet, busy, seen, rate: events / seconds, late });
} finally {
  await browser.close();
  await server.stop();
}

function report({ quiet, busy, seen, rate, late }) {
  const p98 = percentile(seen.interactions, seen.count, 0.98);
  const trend = growth(seen.heaps);
  const frozen = seen.gaps.filter(({ ms }) => ms > limits.freeze);
  const lcp = (loads) => median(loads.map((one) => one.lcp));
  const ms = (value) => `${Math.round(value)} ms`;
  const rows = [
    ['events a second, while measured', `${Math.round(rate)}`, `${perSecond}`, rate >= perSecond * 0.95],
    [`largest contentful paint, cold, nothing else going on (median of ${quiet.length})`, ms(lcp(quiet)), ms(limits.lcp), lcp(quiet) <= limits.lcp],
    [`largest contentful paint, cold, under the events (median of ${busy.length})`, ms(lcp(busy)), ms(limits.lcp), lcp(busy) <= limits.lcp],
    ['interaction delay, p98', ms(p98), ms(limits.interaction), p98 <= limits.interaction],
    ['interaction delay, median', ms(percentile(seen.interactions, seen.count, 0.5)), '', true],
    ['interactions', `${seen.count}`, '', true],
    ['freezes: no frame for a second', `${frozen.length}`, '0', frozen.length === 0],
    ['frames later than 200 ms', `${seen.gaps.length}`, '', true],
    ['long tasks, longest', ms(Math.max(0, ...seen.long.map((one) => one.ms))), '', true],
    ['heap after the first lap', `${seen.heaps[0].mb.toFixed(1)} MB`, '', true],
    ['heap at the end', `${seen.heaps.at(-1).mb.toFixed(1)} MB`, '', true],
    ['heap, growth over the second half', trend === null ? 'too short' : `${trend.toFixed(2)} MB/min`, `${limits.growth} MB/min`, minutes < 10 || trend === null || trend <= limits.growth],
  ];
  const table = [
    '| What | Measured | Limit | |',
    '|---|---|---|---|',
    ...rows.map(([what, value, limit, holds]) => `| ${what} | ${value} | ${limit} | ${limit === '' ? '' : holds ? 'holds' : '**missed**'} |`),
  ].join('\n');
  console.log(`\n${table}\n`);
  console.log(`slowest interactions:\n  ${worst(seen.interactions, 12).join('\n  ')}`);
  console.log(`longest tasks:\n  ${worst(seen.long, 12).join('\n  ')}`);
  console.log(`latest frames:\n  ${worst(seen.gaps, 8).join('\n  ')}`);
  console.log(`largest paint: ${[...new Set([...quiet, ...busy].map(({ of }) => of))].join(' | ')}; calls not sent because the server was a second behind: ${late}`);
  process.exitCode = rows.every(([, , , holds]) => holds) ? 0 : 1;
  if (flags.write) return keep(flags.write, table, seen);
}

/** Puts the table between the marks of the page. */
async function keep(file, table, seen) {
  const page = await readFile(file, 'utf8');
  const said = [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0].model.trim()}), Chromium ${browser.version()}, ${size} providers of which 10 run, ${seen.minutes.toFixed(1)} minutes, load ${loadBefore.toFixed(1)} before it began:`,
    `\`make scale MINUTES=${flags.minutes}\``,
  ].join(' ');
  const longest = worst(seen.long, 5).map((one) => `- ${one}`);
  const text = [said, '', table, '', 'Longest tasks of the page, with what was being done:', '', ...longest].join('\n');
  await writeFile(file, page.replace(/(<!-- scale -->\n)[^]*(\n<!-- \/scale -->)/, `$1\n${text}\n$2`));
}
