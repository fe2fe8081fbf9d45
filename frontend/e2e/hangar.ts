import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test as base, expect, type Page } from '@playwright/test';

const root = path.resolve(import.meta.dirname, '..', '..');
export const binary = process.env.HANGAR_BIN ?? path.join(root, 'bin', 'hangar');

export class Hangar {
  private child: ChildProcess | undefined;
  private listen = '127.0.0.1:0';
  /** What it has written to stderr, line by line. */
  readonly said: string[] = [];

  constructor(
    private readonly data: string,
    private readonly args: readonly string[] = [],
  ) {}

  /** Starts the binary and gives its address. A second start keeps the port of the first. */
  async start(): Promise<string> {
    if (!existsSync(binary))
      throw new Error(`no binary at ${binary}: make build, or set HANGAR_BIN`);
    const child = spawn(
      binary,
      ['serve', '--listen', this.listen, '--data', this.data, ...this.args],
      { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.child = child;
    const { said } = this;
    return new Promise((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        said.push(line);
        const url = /listening on (http:\/\/\S+)/.exec(line)?.[1];
        if (!url) return;
        this.listen = new URL(url).host;
        resolve(url.replace(/\/$/, ''));
      });
      child.once('exit', (code) => {
        reject(new Error(`hangar ended with ${code ?? 'a signal'}:\n${said.join('\n')}`));
      });
    });
  }

  /** Another server with a store of its own and these flags. */
  async beside(...args: string[]): Promise<Hangar> {
    return new Hangar(await newDataDir(), args);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null) return; // never started, or gone already
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

/** One server at a time: each file of tests has its own, so that no file finds what another has left. */
class Servers {
  private at: { file: string; hangar: Hangar; url: string } | undefined;

  async of(file: string) {
    if (this.at?.file === file) return this.at;
    await this.at?.hangar.remove();
    const hangar = new Hangar(await newDataDir());
    this.at = { file, hangar, url: await hangar.start() };
    return this.at;
  }

  async remove(): Promise<void> {
    await this.at?.hangar.remove();
  }
}

const newDataDir = () => mkdtemp(path.join(tmpdir(), 'hangar-e2e-'));

type Fixtures = { hangar: Hangar; url: string; faults: string[]; allow: (fault: RegExp) => void };
type WorkerFixtures = { servers: Servers };

/** A test whose page must not complain: console errors, exceptions and requests to elsewhere fail it. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  servers: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of wanted fixtures from this pattern
    async ({}, run) => {
      const servers = new Servers();
      await run(servers);
      await servers.remove();
    },
    { scope: 'worker' },
  ],
  hangar: async ({ servers }, run, { file }) => {
    await run((await servers.of(file)).hangar);
  },
  url: async ({ servers }, run, { file }) => {
    await run((await servers.of(file)).url);
  },
  baseURL: async ({ url }, run) => {
    await run(url);
  },
  // eslint-disable-next-line no-empty-pattern -- as above
  faults: async ({}, run) => {
    await run([]);
  },
  allow: async ({ faults }, run) => {
    const allowed: RegExp[] = [];
    await run((fault) => allowed.push(fault));
    expect(faults.filter((fault) => !allowed.some((one) => one.test(fault)))).toEqual([]);
  },
  // `allow` is asked for so that its check runs after each test with a page.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- see the line above
  page: async ({ page, url, faults, allow: _ }, run) => {
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
    page.on('request', (request) => {
      const target = new URL(request.url());
      const own = target.origin === url || ['data:', 'blob:'].includes(target.protocol);
      if (!own) faults.push(`request to ${request.url()}`);
    });
    await run(page);
  },
});

export { expect };

/** The page has its sockets and shows what is now. */
export const live = (page: Page) => expect(page.getByText('Live', { exact: true })).toBeVisible();
