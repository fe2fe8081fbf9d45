// The binary with a large fleet, and what keeps it busy: real calls to real servers, a fixed number each second.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const perGroup = 50;

const name = (n) => `server-${String(n).padStart(4, '0')}`;

/** The configuration of `size` providers in groups of fifty; each of them is this binary's own demo server. */
function configuration(binary, size) {
  const providers = {};
  const groups = {};
  for (let n = 0; n < size; n += 1) {
    providers[name(n)] = {
      mode: 'subprocess',
      description: `Arithmetic for team ${n % 17}`,
      command: [binary, 'demo'],
      idle_ttl_s: 3600,
    };
    (groups[`team-${Math.floor(n / perGroup)}`] ??= { min_healthy: 1, members: [] }).members.push(name(n));
  }
  return JSON.stringify({ providers, groups }); // JSON is YAML, too
}

export async function startServer(binary, { size, running }) {
  const data = await mkdtemp(path.join(tmpdir(), 'hangar-scale-'));
  const config = path.join(data, 'hangar.yaml');
  await writeFile(config, configuration(binary, size));
  const child = spawn(
    binary,
    ['serve', '--config', config, '--data', path.join(data, 'data'), '--listen', '127.0.0.1:0', '--websocket-listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const url = await new Promise((resolve, reject) => {
    const said = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (said.length > 50) said.shift();
      const found = /listening on (http:\/\/\S+)/.exec(line)?.[1];
      if (found) resolve(found.replace(/\/$/, ''));
    });
    child.once('exit', (code) => reject(new Error(`hangar ended with ${code}:\n${said.join('\n')}`)));
  });
  const ids = Array.from({ length: running }, (_, n) => name(n * Math.floor(size / running)));
  const server = {
    url,
    ids,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null) child.kill('SIGTERM');
      else return;
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
  for (const id of ids) {
    const answer = await fetch(`${url}/api/providers/${id}/start`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${id} did not start: ${await answer.text()}`);
  }
  return server;
}

/** How many events there have been. */
export async function position(url) {
  const answer = await fetch(`${url}/api/events?limit=1`);
  return (await answer.json()).events?.[0]?.position ?? 0;
}

const batches = 20; // a second

/** Calls of tools, `perSecond` of them, until stop(): in batches, because a thousand requests would keep the page's cores busy, too. */
export async function flood({ url, ids }, perSecond) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const post = (body, more = {}) =>
    fetch(`${url}/mcp?tools=search`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    });
  const hello = await post({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'scale', version: '1' } },
  });
  const session = { 'Mcp-Session-Id': hello.headers.get('mcp-session-id') };
  await hello.text();
  await post({ method: 'notifications/initialized' }, session);

  const each = Math.round(perSecond / batches);
  const calls = Array.from({ length: each }, (_, n) =>
    // One in fifty fails, so that what shows failures has something to show.
    n === 0
      ? { provider: ids[0], tool: 'divide', arguments: { a: 1, b: 0 } }
      : { provider: ids[n % ids.length], tool: 'echo', arguments: { message: 'hello' } },
  );
  let failure = null;
  let id = 1;
  let made = 0;
  let open = 0;
  let late = 0;
  const send = async () => {
    if (open >= batches) {
      late += each; // a second behind: the server does not keep up, and the figure says so
      return;
    }
    open += 1;
    id += 1;
    try {
      const answer = await post({ id, method: 'tools/call', params: { name: 'hangar_call', arguments: { calls, max_concurrency: 10 } } }, session);
      const body = await answer.json();
      if (body.error) throw new Error(JSON.stringify(body.error));
      made += each;
    } catch (error) {
      failure ??= error;
    } finally {
      open -= 1;
    }
  };
  const begun = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - begun) / 1000) * batches);
    for (; sent < due; sent += 1) void send();
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      if (failure) throw failure;
      return { made, late, seconds: (Date.now() - begun) / 1000 };
    },
  };
}
