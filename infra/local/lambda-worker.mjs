// @ts-check
// A worker thread: loads a bundle once and invokes its handlers, many invocations at a time.
//
// The parent thread reads this file once, and starts each worker from the text, as a data: URL. Such code cannot resolve relative
// paths, so it imports only Node's own modules.
//
// This file is JavaScript, because Node would strip the types of TypeScript again in each worker, for 30 ms of CPU time each.
import { createRequire, enableCompileCache } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * A message from the parent thread: an invocation, or the request to end.
 *
 * @typedef {Invocation | 'end'} Message
 */

/**
 * An invocation. `deadline` is an instant of the clock `performance.timeOrigin + performance.now()`, in milliseconds. That clock
 * is the same in all threads. The handler's `Context` has functions, which cannot be sent between threads, so the worker creates it.
 *
 * @typedef {{
 *   readonly id: string,
 *   readonly name: string,
 *   readonly event: unknown,
 *   readonly deadline: number,
 *   readonly timeoutSeconds: number,
 * }} Invocation
 */

/**
 * The worker's answer to an invocation. The result is a JSON text, as on Lambda, so undefined fields are left out.
 *
 * @typedef {{ readonly id: string, readonly result: string }
 *   | { readonly id: string, readonly error: { readonly errorType: string, readonly errorMessage: string } }} Outcome
 */

/**
 * `givesWay`: whether this worker gets less of a busy processor, so that it does not delay firings. `clockState` is
 * `MovableClock.state`, if the local stack has a movable clock.
 *
 * @typedef {{
 *   readonly bundle: string,
 *   readonly givesWay: boolean,
 *   readonly clockState: SharedArrayBuffer | undefined,
 * }} WorkerData
 */

/** @type {WorkerData} */
const { bundle, givesWay, clockState } = workerData;
// With priority 5 (its niceness), a thread gets a third of the usual share of a busy processor. On Linux, the call sets the
// priority of this thread alone. Elsewhere it would slow the whole process.
if (givesWay && process.platform === 'linux') setPriority(5);
if (clockState) moveClocks(new Float64Array(clockState));
// V8's compiled code is kept beside the bundle, and deleted with the bundle. It saves the next worker 50 ms of CPU time at its start.
enableCompileCache(join(dirname(bundle), 'compiled'));
/** @typedef {{ handler(event: unknown, context: unknown): Promise<unknown> }} FunctionModule the exports of one function */
/** @type {FunctionModule | { loadFunction(name: string): Promise<FunctionModule> }} the bundle of one function, or of all */
const bundled = createRequire(bundle)(bundle);

parentPort?.on('message', (/** @type {Message} */ message) => {
  if (message === 'end') end();
  else void run(message);
});

/** @param {Invocation} invocation */
async function run({ id, name, event, deadline, timeoutSeconds }) {
  const context = {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
    memoryLimitInMB: '256',
    awsRequestId: id,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    // `performance.now()` counts from a different origin in each thread, so the origin is added. As on Lambda, no more than
    // the timeout is ever left: the minimum is a safeguard, if this clock is behind that of the parent thread.
    getRemainingTimeInMillis: () =>
      Math.floor(
        Math.max(0, Math.min(timeoutSeconds * 1_000, deadline - (performance.timeOrigin + performance.now()))),
      ),
  };
  /** @type {Outcome} */
  let outcome;
  try {
    const { handler } = 'handler' in bundled ? bundled : await bundled.loadFunction(name);
    outcome = { id, result: JSON.stringify(await handler(event, context)) ?? 'null' };
  } catch (error) {
    const [errorType, errorMessage] = error instanceof Error ? [error.name, error.message] : ['Error', typeof error];
    outcome = { id, error: { errorType, errorMessage } };
  }
  parentPort?.postMessage(outcome);
}

/** Ends this thread after the parent thread has received all log lines. `Worker.terminate` would lose the last ones. */
function end() {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

/**
 * Makes the clocks of this thread, which the bundle reads, show what the parent thread's movable clock shows.
 *
 * @param {Float64Array} state the numbers of `MovableClock.state`, which the parent thread may change at any time
 */
function moveClocks(state) {
  const wallClock = Date.now;
  const monotonicClock = performance.now.bind(performance);
  const offsetMs = () => state[0] ?? 0;
  Date.now = () => state[1] || wallClock() + offsetMs();
  performance.now = () => (state[2] ? state[2] - performance.timeOrigin : monotonicClock() + offsetMs());
}
