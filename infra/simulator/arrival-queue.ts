import type { Clock, Instant } from '../../lib/platform/clock.ts';

type QueuedRequest = { readonly tick: Instant; readonly arrive: () => void };

/**
 * Delivers requests to the simulator in the order of their arrival, not of their sending. If a request overtakes another on
 * a quicker path, it gets the last seat.
 */
export class ArrivalQueue {
  readonly #clock: Clock;
  readonly #queue: QueuedRequest[] = [];
  #cancelWake = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves once the clock has reached the tick and all earlier requests were delivered. */
  waitForArrival(tick: Instant): Promise<void> {
    return new Promise((resolve) => {
      const behind = this.#queue.findLastIndex((one) => one.tick <= tick);
      this.#queue.splice(behind + 1, 0, { tick, arrive: resolve });
      if (behind === -1) this.#wakeForNext();
    });
  }

  /** Delivers one request in each round of the event loop, so that new requests can enter the queue in between. */
  #deliverNext(): void {
    const [next] = this.#queue;
    if (next && next.tick <= this.#clock.monotonic()) {
      this.#queue.shift();
      next.arrive();
    }
    this.#wakeForNext();
  }

  #wakeForNext(): void {
    this.#cancelWake();
    const [next] = this.#queue;
    if (!next) return;
    const left = next.tick - this.#clock.monotonic();
    if (left <= 0) {
      const immediate = setImmediate(() => this.#deliverNext());
      this.#cancelWake = () => clearImmediate(immediate);
    } else {
      const arrived = this.#clock.timeout(left);
      const wake = () => this.#deliverNext();
      arrived.addEventListener('abort', wake, { once: true });
      this.#cancelWake = () => arrived.removeEventListener('abort', wake);
    }
  }
}
