/**
 * Limits how many requests run at the same time and how many wait, and refuses the rest. Otherwise requests could take all of the
 * machine, on which the firings run too.
 */
export class Admission {
  /** For each waiting request, the function that lets it run. */
  readonly #waiting: (() => void)[] = [];
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  #running = 0;

  /** @param running how many requests may run at the same time. @param waiting how many others may wait. */
  constructor({ running, waiting }: { readonly running: number; readonly waiting: number }) {
    this.#maxRunning = running;
    this.#maxWaiting = waiting;
  }

  /** Runs the work when fewer than the maximum run. @returns undefined, without running the work, if too many others wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#running >= this.#maxRunning) {
      if (this.#waiting.length >= this.#maxWaiting) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // The next waiting request takes this request's place without a decrement, so that no later request can take it first.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** Counts the bytes that the bodies of requests use in memory, against a maximum. */
export class ByteBudget {
  readonly #max: number;
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Adds bytes to the count. The caller must `release` them later, whatever the result, because they are counted in either case.
   *
   * @returns false if the count is then over the budget.
   */
  add(bytes: number): boolean {
    this.#used += bytes;
    return this.#used <= this.#max;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
