import type { Clock, Instant } from '../../lib/platform/clock.ts';

type Coming = { readonly tick: Instant; readonly arrive: () => void };

/**
 * Requests on their way to the simulator. They are let through in the order of their arrival, whatever the order in which
 * they were sent: a request that overtakes another on a quicker path gets the last seat.
 */
export class ArrivalQueue {
  readonly #clock: Clock;
  readonly #coming: Coming[] = [];
  #cancelWake = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves once the clock has reached the tick and all earlier requests were let through. */
  arrival(tick: Instant): Promise<void> {
    return new Promise((resolve) => {
      const behind = this.#coming.findLastIndex((one) => one.tick <= tick);
      this.#coming.splice(behind + 1, 0, { tick, arrive: resolve });
      if (behind === -1) this.#wakeForNext();
    });
  }

  /** Lets one request through per iteration of the event loop, so that new requests get their time of arrival in between. */
  #letThrough(): void {
    const [next] = this.#coming;
    if (next && next.tick <= this.#clock.monotonic()) {
      this.#coming.shift();
      next.arrive();
    }
    this.#wakeForNext();
  }

  #wakeForNext(): void {
    this.#cancelWake();
    const [next] = this.#coming;
    if (!next) return;
    const left = next.tick - this.#clock.monotonic();
    if (left <= 0) {
      const immediate = setImmediate(() => this.#letThrough());
      this.#cancelWake = () => clearImmediate(immediate);
    } else {
      const arrived = this.#clock.timeout(left);
      const wake = () => this.#letThrough();
      arrived.addEventListener('abort', wake, { once: true });
      this.#cancelWake = () => arrived.removeEventListener('abort', wake);
    }
  }
}
