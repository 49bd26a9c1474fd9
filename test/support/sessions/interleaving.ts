/** An act of a story. It stops at a gate before every request, and before every awaited answer. */
type Actor = () => Promise<void>;

const STEPS = 3_000;

/**
 * Runs actors side by side, one request at a time. Each actor stops at its gate before every request, and `choices` decides
 * which actor goes on, or whether another begins. The next choice is made only once the request is answered and its actor has
 * stopped again, so that the same choices always make the same history. (fast-check's own scheduler does not wait for the
 * engine, so its findings cannot be repeated.)
 */
export class Interleaving {
  readonly #choices: readonly number[];
  readonly #resumeStopped: Array<() => void> = [];
  #requestsInFlight = 0;
  #steps = 0;
  #running = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  /** Stops an actor until it is chosen to go on. */
  gate(): Promise<void> {
    return new Promise((resolve) => this.#resumeStopped.push(resolve));
  }

  /** Stops an actor at its gate, then sends its request. The next choice is made once the request is answered. */
  async pass<T>(request: () => Promise<T>): Promise<T> {
    await this.gate();
    this.#requestsInFlight += 1;
    try {
      return await request();
    } finally {
      this.#requestsInFlight -= 1;
    }
  }

  /** Stops an actor for ever: its process dies. */
  die(): Promise<never> {
    this.#running -= 1;
    return new Promise(() => undefined);
  }

  /** Runs the processes of one actor side by side. Each of them may die: the actor then never goes on, but the others do. */
  async sideBySide(processes: ReadonlyArray<() => Promise<void>>): Promise<void> {
    this.#running += processes.length - 1;
    const runs = processes.map((process) =>
      process().finally(() => {
        this.#running -= 1;
      }),
    );
    try {
      await Promise.all(runs);
    } finally {
      this.#running += 1;
    }
  }

  /** Runs actors to their end. @throws the first failure of an actor. */
  async run(actors: readonly Actor[], eachStep: () => void): Promise<void> {
    const waiting = [...actors];
    const failures: unknown[] = [];
    for (;;) {
      await this.#allStopped();
      if (failures.length > 0) throw failures[0];
      const options = this.#resumeStopped.length + (waiting.length > 0 ? 1 : 0);
      if (options === 0 && this.#running === 0) return;
      if (options === 0 || this.#steps > STEPS) throw new Error('the actors come to no end');
      const choice = this.#choose(options);
      eachStep();
      const [resume] = this.#resumeStopped.splice(choice, 1);
      if (resume) resume();
      else this.#begin(waiting.shift(), failures);
    }
  }

  /** Resolves when every request is answered and every actor has stopped at a gate or ended. */
  async #allStopped(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#requestsInFlight > 0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  #choose(options: number): number {
    const choice = (this.#choices[this.#steps % this.#choices.length] ?? 0) % options;
    this.#steps += 1;
    return choice;
  }

  #begin(actor: Actor | undefined, failures: unknown[]): void {
    if (!actor) return;
    this.#running += 1;
    actor()
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        this.#running -= 1;
      });
  }
}
