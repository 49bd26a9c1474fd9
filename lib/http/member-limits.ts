import type { Clock, Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { LIMITS } from '../platform/limits.ts';
import type { Logger } from '../platform/logger.ts';
import type { AllowanceUse, RateLimits } from '../platform/rate-limits.ts';

export type MemberLimitsDeps = {
  readonly limits: Pick<RateLimits, 'take'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * A process adds a member's requests to the common count in groups of this size. The requests in between need no database, so
 * that a page that polls costs few writes. In each process, a member may exceed the limit by this many requests.
 */
const SHARED_EVERY = 10;
/** For how many members at most a process keeps a count. */
const MOST_REMEMBERED = 1_000;

/** What a process knows of a member. */
type Counted = {
  /** The requests that are not yet in the common count. */
  readonly unshared: number;
  /** Until when the member's requests are refused. */
  readonly refusedUntil: Instant;
};

/** Limits the requests, orders and test messages of each member (lib/platform/limits.ts). */
export class MemberLimits {
  readonly #deps: MemberLimitsDeps;
  readonly #counted = new Map<string, Counted>();

  constructor(deps: MemberLimitsDeps) {
    this.#deps = deps;
  }

  /**
   * Counts a request.
   *
   * @param requests how many requests it counts as: a request that asks AimHarder several times counts once for each time.
   * @returns a promise of the write to the common count, if that write is due. The promise never rejects, because a count that
   *   cannot be stored must stop no request.
   * @throws AppError too-many-requests, synchronously.
   */
  countRequest(email: string, requests = 1): Promise<void> {
    const { refusedUntil = 0 } = this.#counted.get(email) ?? {};
    const wait = refusedUntil - this.#deps.clock.now();
    if (wait > 0) throw refuse('You send too many requests. Wait a moment.', wait);
    return this.addRequests(email, requests);
  }

  /** Counts requests that have already been made. The promise never rejects. */
  addRequests(email: string, requests: number): Promise<void> {
    const { unshared = 0, refusedUntil = 0 } = this.#counted.get(email) ?? {};
    const counted = unshared + requests;
    const isShared = counted >= SHARED_EVERY;
    this.#remember(email, { unshared: isShared ? 0 : counted, refusedUntil });
    return isShared ? this.#share(email, counted) : Promise.resolve();
  }

  /**
   * Counts an order, a booking or a cancellation, over all processes.
   *
   * @throws AppError too-many-requests.
   */
  async countOrder(email: string): Promise<void> {
    const wait = await this.#take({ limit: 'orders', email, allowance: LIMITS.orders });
    if (wait > 0) throw refuse('You order and cancel too often. Wait a moment.', wait);
  }

  /** Counts a test message, over all processes. @throws AppError too-many-requests. */
  async countTest(email: string): Promise<void> {
    const wait = await this.#take({ limit: 'tests', email, allowance: LIMITS.tests });
    if (wait > 0) throw refuse('You send too many test messages. Wait a minute.', wait);
  }

  /** Adds requests to the common count. If they exceed the limit, this process refuses the member's next requests for a while. */
  async #share(email: string, actions: number): Promise<void> {
    const wait = await this.#take({ limit: 'requests', email, allowance: LIMITS.requests, actions });
    if (wait > 0) this.#remember(email, { unshared: 0, refusedUntil: this.#deps.clock.now() + wait });
  }

  /** Uses an allowance. @returns how many milliseconds to wait; 0 if the use is allowed, or could not be counted. */
  #take(use: AllowanceUse): Promise<number> {
    return this.#deps.limits.take(use).catch((error: unknown) => {
      this.#deps.logger.error('unexpected-error', error, { during: 'count-requests' });
      return 0;
    });
  }

  /** Stores what this process knows of a member. If that is too many members, forgets the one who was counted longest ago. */
  #remember(email: string, counted: Counted): void {
    // A deleted key that is set again moves to the end of the map.
    this.#counted.delete(email);
    this.#counted.set(email, counted);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > MOST_REMEMBERED && oldest !== undefined) this.#counted.delete(oldest);
  }
}

/** Builds the refusal of a request. @param waitMs how long the member has to wait, in milliseconds. */
const refuse = (message: string, waitMs: number) =>
  new AppError('too-many-requests', message, { retryAfter: Math.ceil(waitMs / 1_000) });
