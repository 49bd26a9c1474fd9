import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock, Instant } from '../../../lib/platform/clock.ts';

type Waiter = { readonly tick: Instant; readonly wake: () => void };

/** Turns of the event loop without a request on its way, after which nobody is doing anything but waiting. */
const QUIET_TURNS = 12;

/**
 * A clock whose time passes only while a piece of work runs, and only when all of that waits: it then jumps to the next
 * instant that anybody waits for. Requests over sockets are waited for first, so they take no time at all.
 */
export function virtualClock(start: Instant) {
  let now = start;
  let underway = 0;
  const waiters = new Set<Waiter>();
  const begun = () => {
    underway += 1;
  };
  const ended = () => {
    underway -= 1;
  };
  subscribe('http.client.request.start', begun);
  subscribe('http.client.response.finish', ended);
  subscribe('http.client.request.error', ended);

  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    until(tick, signal) {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiters.delete(waiter);
          signal.removeEventListener('abort', give);
        };
        const give = () => {
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
        signal.addEventListener('abort', give, { once: true });
        waiters.add(waiter);
      });
    },
  };

  async function quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (underway > 0) turns = -1;
    }
  }

  return {
    ...clock,
    /** Sets the clock while nothing runs. */
    jumpTo(instant: Instant) {
      now = Math.max(now, instant);
    },
    /** Runs a piece of work to its end, however long it waits. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      let going = true;
      const result = work().finally(() => {
        going = false;
      });
      result.catch(() => undefined);
      while (going) {
        await quiet();
        const [next] = [...waiters].toSorted((one, other) => one.tick - other.tick);
        if (!going || !next) continue;
        now = Math.max(now, next.tick);
        next.wake();
      }
      return result;
    },
    stop() {
      unsubscribe('http.client.request.start', begun);
      unsubscribe('http.client.response.finish', ended);
      unsubscribe('http.client.request.error', ended);
    },
  };
}
