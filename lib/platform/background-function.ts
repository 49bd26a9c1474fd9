import type { Instant } from './clock.ts';
import { wrapInvocation } from './invocation.ts';
import { systemClock } from './system-clock.ts';

/** The instant at which Lambda ends this invocation. Margins are in milliseconds. */
export type Timeout = {
  /** Returns a signal that aborts `margin` before the timeout. */
  abortBefore(margin: number): AbortSignal;
  /** Returns the instant that is `margin` before the timeout, on our monotonic clock. */
  instantBefore(margin: number): Instant;
};

type InvocationContext = { readonly awsRequestId: string; getRemainingTimeInMillis(): number };

/** Wraps a handler that no HTTP client waits for. Its log lines name the invocation, and it gets its timeout as an argument. */
export const backgroundFunction = <Result>(handle: (event: unknown, timeout: Timeout) => Promise<Result>) =>
  wrapInvocation((event: unknown, context: InvocationContext): Promise<Result> => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    return handle(event, {
      abortBefore: (margin) => systemClock.timeout(remainingMs() - margin),
      instantBefore: (margin) => systemClock.monotonic() + remainingMs() - margin,
    });
  });
