/** Every request of an actor, and every answer that it waits for, passes through a gate. */
type Gate = () => Promise<void>;

const STEPS = 3_000;

/**
 * Runs actors side by side, one request at a time. Each actor stops at its gate before every request, and `choices` decides
 * which actor goes on, or whether another begins. The next choice is made only once the request is answered and its actor has
 * stopped again, so that the same choices always make the same history. (fast-check's own scheduler goes on while the engine is
 * at work, so that its findings cannot be repeated.)
 */
export function interleaving(choices: readonly number[]) {
  const stopped: Array<() => void> = [];
  let atWork = 0;
  let steps = 0;
  let running = 0;

  const gate: Gate = () => new Promise((resolve) => stopped.push(resolve));

  /** Lets a request through, and counts it as at work until it is answered. */
  async function passing<T>(request: () => Promise<T>): Promise<T> {
    await gate();
    atWork += 1;
    try {
      return await request();
    } finally {
      atWork -= 1;
    }
  }

  async function settled(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (atWork > 0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** @throws the first failure of an actor. */
  async function run(actors: ReadonlyArray<() => Promise<void>>, eachStep: () => void): Promise<void> {
    const waiting = [...actors];
    const failures: unknown[] = [];
    const begin = (actor: () => Promise<void>) => {
      running += 1;
      actor()
        .catch((error: unknown) => failures.push(error))
        .finally(() => {
          running -= 1;
        });
    };
    for (;;) {
      await settled();
      if (failures.length > 0) throw failures[0];
      const options = stopped.length + (waiting.length > 0 ? 1 : 0);
      if (options === 0 && running === 0) return;
      if (options === 0 || steps > STEPS) throw new Error('the actors come to no end');
      const choice = (choices[steps % choices.length] ?? 0) % options;
      steps += 1;
      eachStep();
      const [resume] = stopped.splice(choice, 1);
      if (resume) resume();
      else {
        const next = waiting.shift();
        if (next) begin(next);
      }
    }
  }

  /** An actor's process dies: it never goes on. */
  function die(): Promise<never> {
    running -= 1;
    return new Promise(() => undefined);
  }

  return { gate, passing, die, run };
}
