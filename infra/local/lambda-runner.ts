import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type Clock, type Instant, SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import type { Invocation, Message, Outcome } from './lambda-worker.mjs';
import type { MovableClock } from './movable-clock.ts';

/** The result of an invocation. `functionError` is set if the function threw, timed out or died. */
export type InvocationResult = { readonly payload: unknown; readonly functionError?: string };

export type RunnerOptions = {
  /** The path of the bundle, which holds one function or all. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the thread gives way to others when the processors are busy. */
  readonly givesWay: boolean;
  readonly log: (line: string) => void;
  /** The clock that the function reads; undefined for this machine's. */
  readonly clock: MovableClock | undefined;
};

/** The limits of a worker's heap, in MB. With a small young generation, V8 collects garbage more often and uses less memory. */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 192 };

/**
 * The code of the workers. It is read once, because a service may run for weeks, and start a worker after the folder that it was
 * started from is gone: a new version, or `npm ci`, deletes earlier builds.
 */
const WORKER_CODE = readFileSync(new URL('./lambda-worker.mjs', import.meta.url), 'utf8');
/** The comment at the end names the code in stack traces, which would otherwise have all of it as its URL. */
const WORKER = new URL(
  `data:text/javascript,${encodeURIComponent(`${WORKER_CODE}\n//# sourceURL=lambda-worker.mjs\n`)}`,
);

type FunctionFailure = { readonly errorType: string; readonly errorMessage: string };

/** A running invocation. @property resolve resolves the promise that `invoke` has returned. */
type Running = { readonly name: string; readonly resolve: (result: InvocationResult) => void };

/** Runs functions in a worker thread, many invocations at a time. */
export class LambdaRunner {
  readonly #log: (line: string) => void;
  readonly #clock: Clock;
  readonly #worker: Worker;
  /** The running invocations by their ids. */
  readonly #running = new Map<string, Running>();
  #isUsable = true;
  #hasTimedOut = false;
  #usedAt: Instant = 0;

  constructor({ bundle, environment, givesWay, log, clock }: RunnerOptions) {
    this.#log = log;
    this.#clock = clock ?? systemClock;
    this.#worker = new Worker(WORKER, {
      workerData: { bundle, givesWay, clockState: clock?.state },
      env: { ...environment },
      resourceLimits: HEAP,
      stdout: true,
      stderr: true,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) createInterface({ input: stream }).on('line', log);
    this.#worker.on('message', (outcome: Outcome) => this.#complete(outcome));
    this.#worker.on('error', ({ message }) => {
      for (const { name } of this.#running.values())
        log(JSON.stringify({ level: 'ERROR', event: 'function-died', function: name, message }));
      this.#die({ errorType: 'Runtime.ExitError', errorMessage: `The function died: ${message}` });
    });
    this.#worker.on('exit', () => this.#die({ errorType: 'Runtime.ExitError', errorMessage: 'The function exited.' }));
  }

  /** Whether the worker can run another invocation: it has not died, timed out or been retired. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Whether no invocation runs, and none has begun or ended since an instant of the system's monotonic clock. */
  isIdleSince(instant: Instant): boolean {
    return this.#running.size === 0 && this.#usedAt <= instant;
  }

  /** Runs a function. @returns its result, also if the function throws, times out or dies. */
  async invoke(name: string, event: unknown, timeoutSeconds: number): Promise<InvocationResult> {
    this.#usedAt = systemClock.monotonic();
    const id = randomUUID();
    const result = new Promise<InvocationResult>((resolve) => this.#running.set(id, { name, resolve }));
    const timeout = setTimeout(() => this.#timeOut(id, timeoutSeconds), timeoutSeconds * SECOND);
    // The function compares the deadline with its own clock, which may be movable.
    const deadline = this.#clock.monotonic() + timeoutSeconds * SECOND;
    const invocation: Invocation = { id, name, event, timeoutSeconds, deadline };
    this.#post(invocation);
    return result.finally(() => clearTimeout(timeout));
  }

  /** Ends the worker as soon as no invocation runs in it. */
  retire(): void {
    this.#isUsable = false;
    if (this.#running.size === 0) this.#end();
  }

  /** Ends the worker at once. Its running invocations fail. */
  async stop(): Promise<void> {
    this.#isUsable = false;
    await this.#worker.terminate();
  }

  #complete(outcome: Outcome): void {
    if ('error' in outcome) this.#fail(outcome.id, outcome.error);
    else this.#resolve(outcome.id, { payload: JSON.parse(outcome.result) });
  }

  #timeOut(id: string, seconds: number): void {
    this.#isUsable = false;
    this.#hasTimedOut = true;
    const errorMessage = `Task timed out after ${seconds.toFixed(2)} seconds`;
    this.#fail(id, { errorType: 'Sandbox.Timedout', errorMessage });
  }

  #die(error: FunctionFailure): void {
    this.#isUsable = false;
    for (const id of [...this.#running.keys()]) this.#fail(id, error);
  }

  #fail(id: string, error: FunctionFailure): void {
    const name = this.#running.get(id)?.name;
    if (name === undefined) return;
    this.#log(JSON.stringify({ level: 'ERROR', event: 'function-failed', function: name, ...error }));
    this.#resolve(id, { functionError: 'Unhandled', payload: error });
  }

  #resolve(id: string, result: InvocationResult): void {
    this.#running.get(id)?.resolve(result);
    this.#running.delete(id);
    this.#usedAt = systemClock.monotonic();
    if (!this.#isUsable && this.#running.size === 0) this.#end();
  }

  /**
   * Asks the worker to exit, which it does as soon as this thread has its log lines. A worker that has timed out may be in an
   * endless loop and never see that request, so it is terminated.
   */
  #end(): void {
    if (this.#hasTimedOut) void this.#worker.terminate();
    else this.#post('end');
  }

  #post(message: Message): void {
    this.#worker.postMessage(message);
  }
}
