import type { Clock, Instant } from '../../../lib/platform/clock.ts';

export type CoarseClock = Omit<Clock, 'until'> & {
  until(target: Instant, signal?: AbortSignal): Promise<void>;
  /** Lets time pass until an instant, and everything happen that is waited for until then. */
  advanceTo(instant: Instant): Promise<void>;
  /** Keeps time from passing until some real work is done, such as a write of the database. */
  during<Result>(work: Promise<Result>): Promise<Result>;
};

/** Instants are rounded up to multiples of it, in milliseconds, so that a million waits take few steps. */
const GRAIN = 50;

/** Creates a clock for models of many waits: those of one grain end together. Only `advanceTo` lets time pass. */
export function coarseClock(start: Instant): CoarseClock {
  let now = start;
  let working = 0;
  const wakes = new Map<Instant, (() => void)[]>();
  const settle = async () => {
    do await new Promise(setImmediate);
    while (working > 0);
  };
  return {
    now: () => now,
    monotonic: () => now,
    timeout: () => new AbortController().signal,
    until: (target) =>
      new Promise((resolve) => {
        const tick = Math.max(now, Math.ceil(target / GRAIN) * GRAIN);
        const others = wakes.get(tick);
        if (others) others.push(resolve);
        else wakes.set(tick, [resolve]);
      }),
    async during(work) {
      working += 1;
      try {
        return await work;
      } finally {
        working -= 1;
      }
    },
    async advanceTo(instant) {
      await settle();
      for (let tick = now; tick <= instant; tick = Math.ceil((tick + 1) / GRAIN) * GRAIN) {
        now = tick;
        for (let due = wakes.get(tick); due; due = wakes.get(tick)) {
          wakes.delete(tick);
          for (const wake of due) wake();
          await settle();
        }
      }
      now = Math.max(now, instant);
    },
  };
}
