// What the parts of `make conformance` share: programs that are ended together, and gateways with providers.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.dirname(import.meta.dirname);
export const modules = path.join(root, 'conformance/node_modules');
export const older = '2025-11-25';
export const newer = '2026-07-28';

export const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const until = async (what, ok) => {
  for (let i = 0; i < 600; i++) {
    if (await ok().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`not within 30 s: ${what}`);
};

export const answers = (url) => until(url, async () => (await fetch(url)).status > 0);

export class Kit {
  constructor(hangar) {
    this.hangar = hangar;
    this.dir = mkdtempSync(path.join(tmpdir(), 'hangar-conformance-'));
    this.children = [];
  }

  run(command, args, { input, env } = {}) {
    const child = spawn(command, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let out = '';
    let said = '';
    child.stdout.on('data', (text) => ((out += text), (said += text)));
    child.stderr.on('data', (text) => (said += text));
    if (input !== undefined) child.stdin.end(input);
    this.children.push(child);
    return { out: () => out, said: () => said, ended: new Promise((done) => child.on('close', done)) };
  }

  // A gateway with these providers, all of them up.
  async serve(name, providers, more = '') {
    const file = path.join(this.dir, `${name}.yaml`);
    const listen = `127.0.0.1:${await freePort()}`;
    writeFileSync(file, `${more}providers:\n${providers.map(([id, spec]) => `  ${id}: ${spec}\n`).join('')}`);
    const it = this.run(this.hangar, ['serve', '--config', file, '--listen', listen, '--websocket-enabled=false', '--data', path.join(this.dir, name)]);
    const url = `http://${listen}`;
    await answers(`${url}/readyz`).catch((error) => {
      throw new Error(`${error.message}\n${it.said()}`);
    });
    for (const [id] of providers) {
      const started = await fetch(`${url}/api/providers/${id}/start`, { method: 'POST' });
      if (started.status !== 200) throw new Error(`${id}: ${started.status} ${await started.text()}`);
    }
    return url;
  }

  async end() {
    for (const child of this.children) child.kill('SIGTERM');
    await new Promise((done) => setTimeout(done, 1000));
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
