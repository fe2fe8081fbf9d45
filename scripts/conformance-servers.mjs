// Published servers through the gateway, each with the official clients and one that is not: every cell is one connection that
// agrees on a revision, lists all there is, calls two tools and pings. What the same client sees of the server without us between
// them must be the same.
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import path from 'node:path';
import { modules, newer, older, root } from './conformance-kit.mjs';

// The servers of PyPI live in two environments: one of them does not run on the Python SDK's second version.
const pythons = ['servers', 'servers-older'].map((name) => path.join(root, '.make', name, 'bin'));
const versionOf = (name) => JSON.parse(readFileSync(path.join(modules, name, 'package.json'), 'utf8')).version;

// What each server is, where it comes from, and two calls whose answers do not depend on the time.
function servers(dir, page, reference) {
  const npm = (name) => [`${name} ${versionOf(`@modelcontextprotocol/server-${name}`)}`, process.execPath, path.join(modules, `@modelcontextprotocol/server-${name}/dist/index.js`)];
  const pypi = (name, which = 0) => {
    const pins = readFileSync(path.join(root, 'conformance', ['requirements.txt', 'requirements-older.txt'][which]), 'utf8').split('\n');
    return [pins.find((pin) => pin.startsWith(`${name}==`)).replace('==', ' '), path.join(pythons[which], name)];
  };
  const files = path.join(dir, 'files');
  const repository = path.join(dir, 'repository');
  mkdirSync(files);
  writeFileSync(path.join(files, 'hello.txt'), 'hello\n');
  const memory = path.join(dir, 'memory.jsonl');
  writeFileSync(memory, '{"type":"entity","name":"ada","entityType":"person","observations":["counts"]}\n');
  execFileSync('git', ['init', '-q', repository]);
  const who = ['-c', 'user.name=c', '-c', 'user.email=c@example.com'];
  execFileSync('git', ['-C', repository, ...who, 'commit', '-q', '--allow-empty', '-m', 'the first']);
  const database = path.join(dir, 'numbers.db');
  execFileSync(path.join(pythons[0], 'python'), ['-c', `import sqlite3; c = sqlite3.connect(${JSON.stringify(database)}); c.execute('create table n (v)'); c.execute('insert into n values (42)'); c.commit()`]);
  const thought = (n) => ({ thought: `thought ${n}`, thoughtNumber: n, totalThoughts: 2, nextThoughtNeeded: n === 1 });
  const row = ([title, ...command], calls, more = {}) => ({ title, command: [...command, ...(more.args ?? [])], env: more.env ?? {}, calls });
  return {
    everything: row(npm('everything'), [['echo', { message: 'hello' }], ['get-sum', { a: 40, b: 2 }]]),
    filesystem: row(npm('filesystem'), [['read_text_file', { path: path.join(files, 'hello.txt') }], ['list_directory', { path: files }]], { args: [files] }),
    memory: row(npm('memory'), [['read_graph', {}], ['search_nodes', { query: 'ada' }]], { env: { MEMORY_FILE_PATH: memory } }),
    thinking: row(npm('sequential-thinking'), [['sequentialthinking', thought(1)], ['sequentialthinking', thought(2)]]),
    time: row(pypi('mcp-server-time'), ['12:00', '18:30'].map((time) => ['convert_time', { source_timezone: 'UTC', time, target_timezone: 'Asia/Tokyo' }])),
    fetch: row(pypi('mcp-server-fetch'), [false, true].map((raw) => ['fetch', { url: page, raw }])),
    git: row(pypi('mcp-server-git'), [['git_status', { repo_path: repository }], ['git_log', { repo_path: repository }]]),
    sqlite: row(pypi('mcp-server-sqlite', 1), [['list_tables', {}], ['read_query', { query: 'select v from n' }]], { args: ['--db-path', database] }),
    reference: row(["go-sdk's everything-server 1.8.0", reference], [['test_simple_text', {}], ['test_image_content', {}]]),
  };
}

// What belongs to an era or to a moment and not to the server.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' ? value.replace(/"thoughtHistoryLength": \d+/, '"thoughtHistoryLength": n') : value;
  }
  const out = {};
  for (const [key, v] of Object.entries(value)) {
    if (!['_meta', 'resultType', 'ttlMs', 'cacheScope', 'thoughtHistoryLength'].includes(key)) out[key] = plain(v);
  }
  return out;
}

const kinds = ['tools', 'resources', 'templates', 'prompts'];

// What is listed directly must be listed through the gateway, the same in every member. There it may be more: server-everything
// offers some tools only to clients with certain capabilities, and the gateway, which has clients of every kind, has all.
function difference(direct, through) {
  for (const kind of kinds) {
    const found = new Map((through[kind] ?? []).map((it) => [it.uri ?? it.uriTemplate ?? it.name, plain(it)]));
    for (const it of (direct[kind] ?? []).map(plain)) {
      const other = found.get(it.uri ?? it.uriTemplate ?? it.name);
      if (other === undefined) return `${kind}: ${it.name} is missing`;
      const ofOlder = through.era === newer ? ['execution'] : []; // the newer revision's tools have none; some clients drop it
      const key = Object.keys({ ...it, ...other }).find((k) => !ofOlder.includes(k) && !isDeepStrictEqual(it[k], other[k]));
      if (key) return `${kind}: ${it.name}: ${key} is ${JSON.stringify(it[key])} directly, ${JSON.stringify(other[key])} through the gateway`;
    }
  }
  const [a, b] = [direct, through].map((s) => plain(s.answers ?? []));
  return isDeepStrictEqual(a, b) ? '' : `the answers are ${JSON.stringify(a)} directly, ${JSON.stringify(b)} through the gateway`;
}

// realServers gives the lines of the table and what failed.
export async function realServers(kit, reference) {
  const web = createServer((request, response) => {
    const robots = request.url === '/robots.txt';
    response.writeHead(robots ? 404 : 200, { 'Content-Type': 'text/html' });
    response.end(robots ? '' : '<html><body><h1>A page</h1><p>of no great length.</p></body></html>');
  }).listen(0, '127.0.0.1');
  await new Promise((done) => web.on('listening', done));
  try {
    return await visitAll(kit, servers(kit.dir, `http://127.0.0.1:${web.address().port}/`, reference));
  } finally {
    web.close();
  }
}

async function visitAll(kit, all) {
  const clients = [
    [`TypeScript ${versionOf('@modelcontextprotocol/sdk')}`, [older], process.execPath, [path.join(root, 'conformance/typescript.mjs'), '1']],
    [`TypeScript ${versionOf('@modelcontextprotocol/client')}`, [older, newer], process.execPath, [path.join(root, 'conformance/typescript.mjs'), '2']],
    ['go-sdk 1.8.0', [older, newer], path.join(root, '.make/go-clients'), ['sdk']],
    ['mcp-go 1.2.1', [older, newer], path.join(root, '.make/go-clients'), ['mcp-go']],
  ];
  const url = await kit.serve('servers', Object.entries(all).map(([id, s]) => [id, JSON.stringify({ mode: 'subprocess', command: s.command, env: s.env })]));
  const calls = (s, prefix = '') => s.calls.map(([tool, args]) => ({ tool: prefix + tool, arguments: args }));
  const cells = Object.fromEntries([...Object.keys(all), 'together'].map((id) => [id, []]));
  const failed = [];
  for (const [client, eras, command, args] of clients) {
    const visit = async (plan) => {
      const it = kit.run(command, args, { input: JSON.stringify(plan) });
      if ((await it.ended) !== 0) throw new Error(`${client}: ${it.said()}`);
      return JSON.parse(it.out());
    };
    const direct = await visit(Object.entries(all).map(([name, s]) => ({ name, era: older, command: s.command, env: s.env, calls: calls(s) })));
    for (const era of eras) {
      const through = await visit([
        ...Object.entries(all).map(([name, s]) => ({ name, era, url: `${url}/mcp/providers/${name}`, calls: calls(s) })),
        { name: 'together', era, url: `${url}/mcp`, calls: Object.entries(all).flatMap(([id, s]) => calls(s, `${id}__`)) },
      ]);
      const compared = [...direct, together(direct)];
      for (const [i, seen] of through.entries()) {
        const problem =
          compared[i].problem ?? seen.problem ?? (seen.spoke && seen.spoke !== era ? `agreed on ${seen.spoke}` : difference(compared[i], seen));
        cells[seen.name].push(problem ? 'fails' : `${seen.tools?.length ?? 0}/${seen.resources?.length ?? 0}/${seen.prompts?.length ?? 0}`);
        if (problem) failed.push(`| ${seen.name} | ${client} | ${era} | ${problem.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 600)} |`);
      }
      console.log(`real servers, ${client}, ${era}: ${through.filter((s) => !s.problem).length} of ${through.length} without a problem`);
    }
  }
  const title = (id) => (id === 'together' ? 'all of them, at `/mcp`' : all[id].title);
  return {
    lines: [
      `| Server | ${clients.flatMap(([client, eras]) => eras.map((era) => `${client}, ${era}`)).join(' | ')} |`,
      `|---|${clients.flatMap(([, eras]) => eras.map(() => '---|')).join('')}`,
      ...Object.entries(cells).map(([id, row]) => `| ${title(id)} | ${row.join(' | ')} |`),
    ],
    failed,
  };
}

// At /mcp there is what all have, under their names.
function together(all) {
  const named = all.flatMap((s) => ['tools', 'prompts'].map((kind) => [kind, (s[kind] ?? []).map((it) => ({ ...it, name: `${s.name}__${it.name}` }))]));
  const of = (kind) => named.filter(([k]) => k === kind).flatMap(([, list]) => list);
  const joined = (kind) => all.flatMap((s) => s[kind] ?? []);
  return { name: 'together', tools: of('tools'), prompts: of('prompts'), resources: joined('resources'), templates: joined('templates'), answers: joined('answers') };
}
