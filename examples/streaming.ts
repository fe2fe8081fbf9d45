/**
 * Reports the progress of long-running work to Hangar, from TypeScript, with nothing beyond Node 20 or a browser.
 *
 *   const hangar = new Hangar();
 *   const rows = await hangar.stream('import', { file: 'a.csv' }, async (operation) => {
 *     await operation.progress(0.5, 'Half of it');
 *     return 42; // the operation's result
 *   });
 *
 * ProgressTracker counts steps. The work comes first: when a report does not get through, a warning is printed and the work
 * goes on. Hangar's address is HANGAR_URL (http://127.0.0.1:8000), its key HANGAR_API_KEY, unless the constructor is told.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Details = Record<string, Json>;
export type Level = 'debug' | 'info' | 'warning' | 'error';

export type Options = {
  url?: string;
  apiKey?: string;
  /** Told about every report that did not get through; default console.warn. */
  warn?: (message: string) => void;
  /** Milliseconds for one report; default 5000. */
  timeout?: number;
};

/** Progress reports are left out for so long (ms) after one found nobody: a dead server must not slow the work. */
const QUIET = 5000;

const env = (name: string): string | undefined =>
  typeof process === 'undefined' ? undefined : process.env[name];

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Where operations are reported to. */
export class Hangar {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #warn: (message: string) => void;
  readonly #timeout: number;
  #quietUntil = 0;

  constructor(options: Options = {}) {
    this.#url = (options.url ?? env('HANGAR_URL') ?? 'http://127.0.0.1:8000').replace(/\/$/, '');
    const key = options.apiKey ?? env('HANGAR_API_KEY');
    this.#headers = { 'Content-Type': 'application/json', ...(key ? { 'X-API-Key': key } : {}) };
    this.#warn = options.warn ?? console.warn;
    this.#timeout = options.timeout ?? 5000;
  }

  /** Announces an operation. When Hangar cannot be reached its id is '' and its reports go nowhere. */
  async create(operationType: string, metadata: Details = {}): Promise<Operation> {
    const { body } = await this.post('operations', { operation_type: operationType, metadata });
    const id = (body as { operation_id?: string } | undefined)?.operation_id ?? '';
    return new Operation(this, id);
  }

  /** Runs work as an operation: what it returns is the result, what it throws is the error, and is thrown on. */
  async stream<T>(
    operationType: string,
    metadata: Details,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const operation = await this.create(operationType, metadata);
    let result: T;
    try {
      result = await work(operation);
    } catch (error) {
      await operation.error(textOf(error), error instanceof Error ? error.name : 'UnknownError');
      throw error;
    }
    await operation.result(result);
    return result;
  }

  /** True while progress is not worth the wait. */
  get quiet(): boolean {
    return Date.now() < this.#quietUntil;
  }

  /** One request; status 0 means that nobody answered. Never throws. */
  async post(path: string, body: unknown): Promise<{ status: number; body?: unknown }> {
    try {
      const answer = await fetch(`${this.#url}/api/${path}`, {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.#timeout),
      });
      if (answer.ok) return { status: answer.status, body: await answer.json() };
      this.#warn(`Hangar refused a report (${path}): ${answer.status} ${await answer.text()}`);
      return { status: answer.status };
    } catch (error) {
      this.#warn(`a report did not reach Hangar (${path}): ${textOf(error)}`);
      this.#quietUntil = Date.now() + QUIET;
      return { status: 0 };
    }
  }
}

/** One piece of work. Every report resolves to whether Hangar took it. */
export class Operation {
  readonly id: string;
  readonly #hangar: Hangar;
  #ended = false;

  constructor(hangar: Hangar, id: string) {
    this.#hangar = hangar;
    this.id = id;
  }

  /** Whether it is over: by its result or error, or because somebody cancelled it. Work that can stop early may look. */
  get ended(): boolean {
    return this.#ended;
  }

  /** progress: 0.0 to 1.0 */
  progress(progress: number, message = '', details: Details = {}): Promise<boolean> {
    return this.#emit('progress', { progress, message, details });
  }

  status(status: string, message = '', details: Details = {}): Promise<boolean> {
    return this.#emit('status', { status, message, details });
  }

  log(level: Level, message: string): Promise<boolean> {
    return this.#emit('log', { level, message });
  }

  /** Ends it: completed. */
  result(result: unknown): Promise<boolean> {
    return this.#emit('result', { result: result ?? null }, true);
  }

  /** Ends it: failed. */
  error(error: string, errorType = 'UnknownError'): Promise<boolean> {
    return this.#emit('error', { error, error_type: errorType }, true);
  }

  async #emit(what: string, body: unknown, last = false): Promise<boolean> {
    if (this.id === '' || this.#ended || (this.#hangar.quiet && !last)) return false;
    this.#ended = last;
    const { status } = await this.#hangar.post(`operations/${encodeURIComponent(this.id)}/${what}`, body);
    if (status === 409) this.#ended = true;
    return status >= 200 && status < 300;
  }
}

/** Counts the steps of an operation. */
export class ProgressTracker {
  readonly #operation: Operation;
  readonly #total: number;
  #step = 0;

  constructor(operation: Operation, totalSteps: number) {
    if (!(totalSteps >= 1)) throw new RangeError(`totalSteps must be at least 1, not ${totalSteps}`);
    this.#operation = operation;
    this.#total = totalSteps;
  }

  /** One step more; more steps than announced stay at 1.0. */
  step(message = '', details: Details = {}): Promise<boolean> {
    this.#step += 1;
    const numbers = { step: this.#step, total_steps: this.#total };
    return this.#operation.progress(Math.min(this.#step / this.#total, 1), message, { ...numbers, ...details });
  }

  complete(result: unknown = null): Promise<boolean> {
    return this.#operation.result(result);
  }
}

/** Keeps results by key for a while; the oldest go first. */
export class ResultCache<T> {
  readonly #kept = new Map<string, { until: number; value: T }>();
  readonly #lifetime: number;
  readonly #entries: number;

  constructor(lifetime = 300_000, entries = 1000) {
    this.#lifetime = lifetime;
    this.#entries = entries;
  }

  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    return kept && Date.now() < kept.until ? kept.value : undefined;
  }

  set(key: string, value: T): void {
    this.#kept.delete(key);
    this.#kept.set(key, { until: Date.now() + this.#lifetime, value });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#entries) break;
      this.#kept.delete(oldest);
    }
  }
}
