import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import { ENGINE_REQUEST } from './in-process-engine.ts';

type Waiter = { readonly tick: Instant; readonly wake: () => void };

/** After so many rounds of the event loop without an open request, all work waits for the clock. */
const QUIET_ROUNDS = 12;

/**
 * A clock whose time passes only while a piece of work runs, and only when all of that work waits: it then jumps to the
 * next instant that is waited for. Requests over sockets finish first, so they take no time at all.
 */
export function virtualClock(start: Instant) {
  let now = start;
  const waiters = new Set<Waiter>();
  const requests = countRequests();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    until: (tick, signal) => waitIn(waiters, tick, signal),
    timeout: (millis) => abortAmong(waiters, now + Math.ceil(Math.max(0, millis))),
  };

  return {
    ...clock,
    /** Sets the clock forward while nothing runs. */
    jumpTo(instant: Instant) {
      now = Math.max(now, instant);
    },
    /** Runs a piece of work to its end, however long it waits. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      let running = true;
      const result = work().finally(() => {
        running = false;
      });
      result.catch(() => undefined);
      while (running) {
        await requests.settle();
        const [next] = [...waiters].toSorted((one, other) => one.tick - other.tick);
        if (!running || !next) continue;
        now = Math.max(now, next.tick);
        next.wake();
      }
      return result;
    },
    stop: requests.stop,
  };
}

/** Waits among the waiters until it is woken. @throws the signal's reason as soon as it aborts. */
function waitIn(waiters: Set<Waiter>, tick: Instant, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiters.delete(waiter);
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = () => {
      leave();
      reject(signal.reason);
    };
    const waiter: Waiter = {
      tick,
      wake() {
        leave();
        resolve();
      },
    };
    signal.addEventListener('abort', giveUp, { once: true });
    waiters.add(waiter);
  });
}

/** Returns a signal that aborts as the platform's timeouts do, once its waiter is woken. */
function abortAmong(waiters: Set<Waiter>, tick: Instant): AbortSignal {
  const controller = new AbortController();
  const waiter: Waiter = {
    tick,
    wake() {
      waiters.delete(waiter);
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    },
  };
  waiters.add(waiter);
  return controller.signal;
}

/** Counts the requests of this process, over HTTP and to the database engine in it, that have no answer yet. */
function countRequests() {
  const open = new Set<unknown>();
  // A request that was open before counts neither when it starts nor when it ends.
  const onStart = (message: unknown) => void open.add(requestOf(message));
  const onEnd = (message: unknown) => void open.delete(requestOf(message));
  subscribe(ENGINE_REQUEST.start, onStart);
  subscribe(ENGINE_REQUEST.finish, onEnd);
  subscribe('http.client.request.start', onStart);
  subscribe('http.client.response.finish', onEnd);
  subscribe('http.client.request.error', onEnd);
  return {
    /** Resolves once the event loop has gone round several times without an open request. */
    async settle(): Promise<void> {
      for (let rounds = 0; rounds < QUIET_ROUNDS; rounds += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        if (open.size > 0) rounds = -1;
      }
    },
    stop() {
      unsubscribe(ENGINE_REQUEST.start, onStart);
      unsubscribe(ENGINE_REQUEST.finish, onEnd);
      unsubscribe('http.client.request.start', onStart);
      unsubscribe('http.client.response.finish', onEnd);
      unsubscribe('http.client.request.error', onEnd);
    },
  };
}

const requestOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'request' in message ? message.request : undefined;
