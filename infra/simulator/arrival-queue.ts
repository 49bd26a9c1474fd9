import type { Clock, Instant } from '../../lib/platform/clock.ts';

/** A request that arrives at `arrivesAt`, on the monotonic clock. `arrive` delivers it. */
type QueuedRequest = { readonly arrivesAt: Instant; readonly arrive: () => void };

/**
 * Delivers requests to the simulator in the order of their arrival, not of their sending. So a request on a quicker path can get
 * the last seat, although another request was sent earlier.
 */
export class ArrivalQueue {
  readonly #clock: Clock;
  readonly #queue: QueuedRequest[] = [];
  #cancelTimer = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves as soon as the monotonic clock has reached `arrivesAt` and all requests that arrive earlier were delivered. */
  waitForArrival(arrivesAt: Instant): Promise<void> {
    return new Promise((resolve) => {
      /** The index of the last queued request that does not arrive later; -1 if there is none. */
      const lastNotLater = this.#queue.findLastIndex((queued) => queued.arrivesAt <= arrivesAt);
      this.#queue.splice(lastNotLater + 1, 0, { arrivesAt, arrive: resolve });
      if (lastNotLater === -1) this.#setTimerForNext();
    });
  }

  /** Delivers one request in each round of the event loop, so that new requests can enter the queue in between. */
  #deliverNext(): void {
    const [next] = this.#queue;
    if (next && next.arrivesAt <= this.#clock.monotonic()) {
      this.#queue.shift();
      next.arrive();
    }
    this.#setTimerForNext();
  }

  #setTimerForNext(): void {
    this.#cancelTimer();
    const [next] = this.#queue;
    if (!next) return;
    const leftMs = next.arrivesAt - this.#clock.monotonic();
    if (leftMs <= 0) {
      const immediate = setImmediate(() => this.#deliverNext());
      this.#cancelTimer = () => clearImmediate(immediate);
    } else {
      // `Clock.timeout` aborts its signal when the time is over.
      const timer = this.#clock.timeout(leftMs);
      const deliver = () => this.#deliverNext();
      timer.addEventListener('abort', deliver, { once: true });
      this.#cancelTimer = () => timer.removeEventListener('abort', deliver);
    }
  }
}
