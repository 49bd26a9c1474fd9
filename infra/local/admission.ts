/**
 * Lets a number of requests run at the same time, and a number of others wait for their turn; it refuses all that come beyond.
 * So requests cannot take the whole machine, on which the firings run too.
 */
export class Admission {
  readonly #waiting: (() => void)[] = [];
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  #running = 0;

  constructor({ running, waiting }: { readonly running: number; readonly waiting: number }) {
    this.#maxRunning = running;
    this.#maxWaiting = waiting;
  }

  /** Runs work once there is room for it. @returns undefined, without running it, if too many others wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#running >= this.#maxRunning) {
      if (this.#waiting.length >= this.#maxWaiting) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // The room of work that ends is the next one's, so that nothing that comes in between takes it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** Counts the bytes that bodies take in memory. */
export class ByteBudget {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns false if that many more bytes are too many. They are counted all the same until they are given back. */
  take(bytes: number): boolean {
    this.#taken += bytes;
    return this.#taken <= this.#max;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}
