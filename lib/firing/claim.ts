import { randomUUID } from 'node:crypto';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { ClaimWrites } from '../prebookings/claim-writes.ts';
import {
  hasLiveLease,
  isUnfinished,
  LEASE_RENEWAL,
  LEASE_TTL,
  type Lease,
  type PrebookingKey,
  type Unfinished,
} from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { WakeUp } from '../prebookings/wake-ups.ts';

/** Why a wake-up ends without an outcome. Each is expected, not an error. */
export type SkipReason =
  /** The pre-booking was deleted. */
  | 'not-found'
  /** The class was ordered again, and this wake-up belongs to an earlier order. */
  | 'another-generation'
  | 'cancelled'
  | 'finished'
  | 'leased-by-another'
  /** Another firing claimed the pre-booking while this one was firing it. */
  | 'lease-lost'
  /** AimHarder does not show whether an earlier firing has booked the class. The sweep starts another firing. */
  | 'timetable-unreadable'
  /** AimHarder named a later opening. */
  | 'postponed';

type Deps = {
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly claims: Pick<ClaimWrites, 'claim' | 'renew' | 'commit' | 'recordShots' | 'follow'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

export type Claimed = { readonly prebooking: Unfinished; readonly lease: HeldLease };

/** Claims a pre-booking, or returns why it cannot be claimed. Of two claims at once, one succeeds. */
export async function claim(deps: Deps, { email, id, order }: WakeUp): Promise<Claimed | SkipReason> {
  const { prebookings, claims, clock } = deps;
  const prebooking = await prebookings.find({ email, id });
  if (!prebooking) return 'not-found';
  if (prebooking.generation !== order) return 'another-generation';
  if (prebooking.status === 'cancelled') return 'cancelled';
  if (!isUnfinished(prebooking)) return 'finished';
  const now = clock.now();
  if (hasLiveLease(prebooking, now)) return 'leased-by-another';
  const leaseId = randomUUID();
  const claimed = await claims.claim(prebooking, { id: leaseId, expiresAt: now + LEASE_TTL }, now);
  return claimed ? { prebooking, lease: new HeldLease(deps, prebooking, leaseId) } : 'leased-by-another';
}

/** How long to wait before a failed renewal is retried, in milliseconds. */
const RENEWAL_RETRY = SECOND;

/** The lease that this process holds on a pre-booking. The stored one is `Lease`. */
export class HeldLease {
  readonly id: string;
  readonly #deps: Deps;
  readonly #key: PrebookingKey;
  readonly #lost = new AbortController();
  #renewing = new AbortController();
  /** When the lease expires, on the monotonic clock, by the last write that the database has confirmed. */
  #expiresAt: Instant;

  constructor(deps: Deps, key: PrebookingKey, id: string) {
    this.id = id;
    this.#deps = deps;
    this.#key = key;
    this.#expiresAt = deps.clock.monotonic() + LEASE_TTL;
  }

  /** Aborts once the lease is lost, or may be: the pre-booking was cancelled, finished or claimed, or the lease expired. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Renews the lease in the background until `stopRenewing`, or until the signal aborts. */
  startRenewing(signal: AbortSignal): void {
    this.#renewing = new AbortController();
    // The loop ends only by its signal.
    this.#renewUntil(AbortSignal.any([signal, this.#renewing.signal, this.lost])).catch(() => undefined);
  }

  /** Stops renewing: no write may disturb the last moments before a shot. */
  stopRenewing(): void {
    this.#renewing.abort();
  }

  /** Commits to the shot and keeps the lease until `LEASE_TTL` after `busyUntil`. @returns false if the lease is lost. */
  commit(busyUntil: Instant): Promise<boolean> {
    const { claims, clock } = this.#deps;
    return this.#write((lease) => claims.commit(this.#key, lease), Math.max(busyUntil, clock.now()));
  }

  /**
   * Records how many shots will have left with the next one, so that a successor counts on from there. The commit has
   * recorded the first shot.
   *
   * @throws the reason of `lost` if the lease is lost: then no shot may leave.
   */
  async recordShots(shots: number): Promise<void> {
    const { claims, clock } = this.#deps;
    await this.#write((lease) => claims.recordShots(this.#key, lease, shots), clock.now());
    this.lost.throwIfAborted();
  }

  /** Records the new hours of a class that has moved. @throws the reason of `lost` if the lease is lost. */
  async follow(moved: Unfinished): Promise<void> {
    const { claims, clock } = this.#deps;
    await this.#write((lease) => claims.follow(moved, lease), clock.now());
    this.lost.throwIfAborted();
  }

  async #renewUntil(signal: AbortSignal): Promise<void> {
    const { claims, clock } = this.#deps;
    for (let renewed = true; ; ) {
      await clock.until(clock.monotonic() + (renewed ? LEASE_RENEWAL : RENEWAL_RETRY), signal);
      renewed = await this.#write((lease) => claims.renew(this.#key, lease), clock.now());
    }
  }

  /**
   * Writes with the lease extended to `LEASE_TTL` after `from`. If the database fails, the lease stays until it expires.
   *
   * @returns whether the write was applied.
   */
  async #write(write: (lease: Lease) => Promise<boolean>, from: Instant): Promise<boolean> {
    const { clock, logger } = this.#deps;
    const expiresAt = clock.monotonic() + Math.max(0, from - clock.now()) + LEASE_TTL;
    const applied = await write({ id: this.id, expiresAt: from + LEASE_TTL }).catch((error: unknown) => {
      logger.error('lease-renewal-failed', error, { prebooking: this.#key.id });
      return undefined;
    });
    if (applied) this.#expiresAt = Math.max(this.#expiresAt, expiresAt);
    if (applied === false || clock.monotonic() >= this.#expiresAt) this.#lost.abort(new Error('The lease was lost.'));
    return applied ?? false;
  }
}
