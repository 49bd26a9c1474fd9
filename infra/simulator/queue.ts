import type { Clock, Instant } from '../../lib/platform/clock.ts';

type Coming = { readonly tick: Instant; readonly arrive: () => void };

/**
 * Requests on their way in. They are let through in the order of their arrival, whatever the order in which they were
 * sent: who overtakes on a quicker path takes the last seat.
 */
export function arrivalQueue(clock: Clock) {
  const coming: Coming[] = [];
  let cancelWake = () => {};

  /** One each turn of the event loop: in between, those that come are timed, however many there are to deal with. */
  function letThrough(): void {
    const [next] = coming;
    if (next && next.tick <= clock.monotonic()) {
      coming.shift();
      next.arrive();
    }
    wakeForNext();
  }

  function wakeForNext(): void {
    cancelWake();
    const [next] = coming;
    if (!next) return;
    const left = next.tick - clock.monotonic();
    if (left <= 0) {
      const immediate = setImmediate(letThrough);
      cancelWake = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(letThrough, Math.ceil(left));
      cancelWake = () => clearTimeout(timer);
    }
  }

  return {
    /** Resolves once the clock has reached the tick and all that arrived before were let through. */
    arrival(tick: Instant): Promise<void> {
      return new Promise((resolve) => {
        const behind = coming.findLastIndex((one) => one.tick <= tick);
        coming.splice(behind + 1, 0, { tick, arrive: resolve });
        if (behind === -1) wakeForNext();
      });
    },
  };
}

export type ArrivalQueue = ReturnType<typeof arrivalQueue>;
