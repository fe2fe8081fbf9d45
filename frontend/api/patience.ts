/** How long nothing may come. While a person is asked, nobody waits for the other side. */
export class Patience {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held = 0;
  constructor(private readonly ms: number) {
    this.again();
  }
  again() {
    this.end();
    if (this.#held > 0) return;
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.ms);
  }
  /** Stands still until what is waited for has come. */
  async during<T>(wait: Promise<T>): Promise<T> {
    this.#held += 1;
    this.end();
    try {
      return await wait;
    } finally {
      this.#held -= 1;
      if (!this.signal.aborted) this.again();
    }
  }
  end() {
    clearTimeout(this.#timer);
  }
}
