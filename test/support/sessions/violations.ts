/** Keeps the first broken invariant of a story: the wheel goes on after a failure with one session. */
export class Violations {
  #first: unknown;

  get first(): unknown {
    return this.#first;
  }

  record(error: unknown): void {
    this.#first ??= error;
  }

  /** @throws the first broken invariant. */
  report(invariant: string): never {
    this.record(new Error(invariant));
    throw this.#first;
  }
}
