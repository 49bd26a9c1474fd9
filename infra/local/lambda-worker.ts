import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../lib/platform/system-clock.ts';

/** What the parent sends for each invocation; `Context` cannot cross threads, so it is made here. */
export type Invocation = {
  readonly id: string;
  readonly event: unknown;
  readonly deadline: number;
  readonly timeoutSeconds: number;
};
/** A result travels as JSON, as on Lambda: a field that is undefined is no field. */
export type Outcome =
  | { readonly id: string; readonly result: string }
  | { readonly id: string; readonly error: { readonly errorType: string; readonly errorMessage: string } };

type WorkerData = {
  readonly name: string;
  readonly bundle: string;
  /** `MovableClock.offset`, if the clock of this stack moves. */
  readonly clockOffset: SharedArrayBuffer | undefined;
};

/** Runs one function's bundle, as Lambda would: loaded once, then invoked, many at a time. */
const { name, bundle, clockOffset } = workerData as WorkerData;
if (clockOffset) moveClocks(new Float64Array(clockOffset));
const { handler } = createRequire(import.meta.url)(bundle) as {
  handler(event: unknown, context: unknown): Promise<unknown>;
};

parentPort?.on('message', async ({ id, event, deadline, timeoutSeconds }: Invocation) => {
  const context = {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
    memoryLimitInMB: '256',
    awsRequestId: id,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    // Both threads read the same monotonic clock, each from its own origin.
    getRemainingTimeInMillis: () =>
      Math.floor(Math.max(0, Math.min(timeoutSeconds * 1_000, deadline - systemClock.monotonic()))),
  };
  let outcome: Outcome;
  try {
    outcome = { id, result: JSON.stringify(await handler(event, context)) ?? 'null' };
  } catch (error) {
    const [errorType, errorMessage] = error instanceof Error ? [error.name, error.message] : ['Error', typeof error];
    outcome = { id, error: { errorType, errorMessage } };
  }
  parentPort?.postMessage(outcome);
});

/** Moves this thread's clocks, those that the bundle reads too. */
function moveClocks(ahead: Float64Array): void {
  const wall = Date.now;
  const monotonic = performance.now.bind(performance);
  Date.now = () => wall() + (ahead[0] ?? 0);
  performance.now = () => monotonic() + (ahead[0] ?? 0);
}
