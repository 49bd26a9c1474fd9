/**
 * Limits how many requests run at the same time and how many wait, and refuses the rest, so that requests leave room for the
 * firings, which run on the same machine.
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
      // A waiting request takes the room over at once, so that no later request gets it first.
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

  /** Counts bytes until `giveBack`. @returns false if they exceed the budget; they are counted all the same. */
  take(bytes: number): boolean {
    this.#taken += bytes;
    return this.#taken <= this.#max;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}
