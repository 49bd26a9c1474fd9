/** Keeps the first broken invariant of a story, because the wheel catches the failure of one session and continues. */
export class Violations {
  #first: unknown;

  get first(): unknown {
    return this.#first;
  }

  record(error: unknown): void {
    this.#first ??= error;
  }

  /** Throws the first broken invariant, if there is one. */
  report(invariant: string): never {
    this.record(new Error(invariant));
    throw this.#first;
  }
}
