import { AsyncResource } from 'node:async_hooks';
import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import { OpenRequests } from './open-requests.ts';

export interface VirtualClock extends Clock {
  /** Runs work to its end, however long it waits. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Sets both clocks forward while nothing runs. */
  jumpTo(instant: Instant): void;
  /** Sets the wall clock forward or back, as an operator or NTP would. The monotonic clock does not change. */
  step(millis: number): void;
  stop(): void;
}

type Waiter = { readonly tick: Instant; readonly wake: () => void };

/**
 * Creates a clock whose time passes only while `run` runs, and only when all of its work waits. The clock then jumps to the
 * next awaited instant. Requests over sockets finish before that, so they take no time; a server that delays an answer has to
 * use this clock. Two such clocks in one process never run at the same time.
 */
export function virtualClock(start: Instant): VirtualClock {
  let tick = start;
  let stepped = 0;
  const waiters = new Set<Waiter>();
  const requests = new OpenRequests();

  return {
    now: () => tick + stepped,
    monotonic: () => tick,
    until: (target, signal) => waitAmong(waiters, target, signal),
    timeout: (millis) => abortAmong(waiters, tick + Math.ceil(Math.max(0, millis))),
    jumpTo(instant) {
      tick = Math.max(tick, instant);
    },
    step(millis) {
      stepped += millis;
    },
    async run(work) {
      let running = true;
      const result = work().finally(() => {
        running = false;
      });
      result.catch(() => undefined);
      while (running) {
        await requests.settle();
        const next = running && earliest(waiters);
        if (!next) continue;
        waiters.delete(next);
        tick = Math.max(tick, next.tick);
        next.wake();
      }
      return result;
    },
    stop: () => requests.stop(),
  };
}

function earliest(waiters: ReadonlySet<Waiter>): Waiter | undefined {
  let first: Waiter | undefined;
  for (const waiter of waiters) if (!first || waiter.tick < first.tick) first = waiter;
  return first;
}

/** Adds a waiter, and resolves when the clock wakes it. @throws the signal's reason as soon as it aborts. */
function waitAmong(waiters: Set<Waiter>, tick: Instant, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      waiters.delete(waiter);
      reject(signal.reason);
    };
    const waiter: Waiter = {
      tick,
      wake() {
        signal.removeEventListener('abort', giveUp);
        resolve();
      },
    };
    signal.addEventListener('abort', giveUp, { once: true });
    waiters.add(waiter);
  });
}

/** Adds a waiter. @returns a signal that aborts with a TimeoutError when the clock wakes the waiter. */
function abortAmong(waiters: Set<Waiter>, tick: Instant): AbortSignal {
  const controller = new AbortController();
  const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  // Listeners run in the asynchronous context of the caller, as those of a real timeout do.
  waiters.add({ tick, wake: AsyncResource.bind(() => controller.abort(reason())) });
  return controller.signal;
}
