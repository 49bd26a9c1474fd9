import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { LambdaRunner } from './lambda-runner.ts';
import { OWN_THREADS, servesRoutes, type Threads } from './lambda-threads.ts';
import type { MovableClock } from './movable-clock.ts';

/** How long a worker is kept without an invocation, in milliseconds. */
const MAX_IDLE = 5 * MINUTE;
/** How often idle workers are looked for, in milliseconds. */
const IDLE_CHECK_INTERVAL = MINUTE;

export type RunnersOptions = {
  /** A folder with `<name>/index.cjs` for each function (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** Builds the environment variables of a function. The function gets no others. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** Which threads the functions run in; by default each has its own. */
  readonly threads?: Threads;
  /** Called with every line that a function writes. */
  readonly log: (line: string) => void;
  /** For tests: the clock that the functions read. */
  readonly clock?: MovableClock | undefined;
};

/** Starts, finds and ends the workers that run the functions. Each runner has one worker thread. */
export class LambdaRunners {
  readonly #options: RunnersOptions;
  /** The runner of each thread, by the thread's name. `version` is the version of the runner's bundle (`readVersion`). */
  readonly #current = new Map<string, { readonly runner: LambdaRunner; readonly version: string }>();
  /** Runners that have been replaced. An invocation may still run in them. */
  readonly #replaced = new Set<LambdaRunner>();
  readonly #idleCheck = setInterval(() => this.endIdle(MAX_IDLE), IDLE_CHECK_INTERVAL).unref();

  constructor(options: RunnersOptions) {
    this.#options = options;
  }

  /** Checks whether there is a function of this name. A name of another form, such as a path, is refused. */
  has(name: string): boolean {
    return /^[a-z][a-z-]*$/.test(name) && existsSync(this.#bundleOf(name));
  }

  /** Finds a function's runner. Starts a new runner if there is none, if the bundle has changed, or if the runner is unusable. */
  get(name: string): LambdaRunner {
    const { threads = OWN_THREADS } = this.#options;
    const thread = threads.threadOf(name);
    const bundle = this.#bundleOf(name);
    const version = readVersion(bundle);
    const current = this.#current.get(thread);
    if (current && current.version !== version) current.runner.retire();
    if (current?.runner.isUsable) return current.runner;
    if (current) this.#replaced.add(current.runner);
    const { environmentOf, log, clock } = this.#options;
    const environment = threads.environmentOf(thread, environmentOf);
    const runner = new LambdaRunner({ bundle, environment, givesWay: servesRoutes(name), log, clock });
    this.#current.set(thread, { runner, version });
    return runner;
  }

  /** Ends the workers that have run no invocation for `idleMs` milliseconds. */
  endIdle(idleMs: number): void {
    const idleSince = systemClock.monotonic() - idleMs;
    // A replaced runner ends by itself after its last invocation, so it is only forgotten.
    for (const runner of this.#replaced) if (runner.isIdleSince(idleSince)) this.#replaced.delete(runner);
    for (const [thread, { runner }] of this.#current) {
      if (!runner.isIdleSince(idleSince)) continue;
      runner.retire();
      this.#current.delete(thread);
    }
  }

  /** How many workers there are, without those that have been replaced. */
  get size(): number {
    return this.#current.size;
  }

  /** Ends all workers at once, with the invocations that run in them. */
  async stop(): Promise<void> {
    clearInterval(this.#idleCheck);
    const current = [...this.#current.values()].map(({ runner }) => runner);
    await Promise.all([...current, ...this.#replaced].map((runner) => runner.stop()));
  }

  #bundleOf(name: string): string {
    const { bundles, threads = OWN_THREADS } = this.#options;
    return join(bundles, threads.bundleOf(name), 'index.cjs');
  }
}

/** Returns a text that changes when the file is written or replaced. */
function readVersion(file: string): string {
  const { ino, mtimeMs } = statSync(file);
  return `${ino} ${mtimeMs}`;
}
