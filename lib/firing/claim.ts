import { randomUUID } from 'node:crypto';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { awaitInTime, repeatUntilDone } from '../platform/retry.ts';
import type { ClaimWrites } from '../prebookings/claim-writes.ts';
import {
  COMMITTED_LEASE,
  hasLiveLease,
  isUnfinished,
  LEASE_RENEWAL,
  LEASE_TTL,
  type Lease,
  type PrebookingKey,
  type Unfinished,
} from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { WakeUp } from '../prebookings/wake-up.ts';

/** Why a wake-up ends without an outcome. Each is expected, not an error. */
export type SkipReason =
  /** The pre-booking was deleted. */
  | 'not-found'
  /** The class was ordered again, and this wake-up belongs to an earlier order. */
  | 'another-generation'
  | 'cancelled'
  | 'finished'
  /** Another firing or preparation has a live lease, or the pre-booking changed during the claim. */
  | 'leased-by-another'
  /** During this firing or preparation, another one claimed the pre-booking, or the member cancelled it. */
  | 'lease-lost'
  /** AimHarder does not show whether an earlier firing has booked the class. The sweep starts another firing. */
  | 'timetable-unreadable'
  /** AimHarder named a later opening, or the class has moved and opens later. */
  | 'postponed'
  /** An earlier wake-up has prepared the pre-booking, whose firing is still to begin. */
  | 'prepared-already';

type Deps = {
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly claims: Pick<ClaimWrites, 'claim' | 'renew' | 'commit' | 'recordShots' | 'follow'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

export type Claimed = { readonly prebooking: Unfinished; readonly lease: HeldLease };

/** Returns why an unfinished pre-booking must not be claimed, even if it has no live lease; undefined if it may be claimed. */
type FindObjection = (prebooking: Unfinished, now: Instant) => SkipReason | undefined;

/** Claims a pre-booking, or returns why it cannot be claimed. Of two claims at once, one succeeds. */
export function claim(
  deps: Deps,
  wakeUp: WakeUp,
  signal: AbortSignal,
  findObjection: FindObjection = () => undefined,
): Promise<Claimed | SkipReason> {
  const { clock } = deps;
  const leaseId = randomUUID();
  return repeatUntilDone({ clock, until: clock.monotonic() + CLAIMING_LASTS, signal }, () =>
    claimOnce(deps, wakeUp, leaseId, findObjection),
  );
}

async function claimOnce(
  deps: Deps,
  { email, id, order }: WakeUp,
  leaseId: string,
  findObjection: FindObjection,
): Promise<Claimed | SkipReason> {
  const { prebookings, claims, clock } = deps;
  const prebooking = await prebookings.find({ email, id });
  if (!prebooking) return 'not-found';
  if (prebooking.generation !== order) return 'another-generation';
  if (prebooking.status === 'cancelled') return 'cancelled';
  if (!isUnfinished(prebooking)) return 'finished';
  const now = clock.now();
  const objection = findObjection(prebooking, now);
  if (objection) return objection;
  // An earlier try of this claim, whose answer was lost, may have claimed the pre-booking.
  if (hasLiveLease(prebooking, now) && prebooking.lease?.id !== leaseId) return 'leased-by-another';
  const claimed = await claims.claim(prebooking, { id: leaseId, expiresAt: now + LEASE_TTL }, now);
  return claimed ? { prebooking, lease: new HeldLease(deps, prebooking, leaseId) } : 'leased-by-another';
}

/** How long to wait before a failed renewal is retried, in milliseconds. */
const RENEWAL_RETRY = SECOND;

/** How long to wait for the answer to the commit before it is sent once more, in milliseconds. DynamoDB answers in about 10. */
const HEDGE_AFTER = 200;

/**
 * How long the claim is tried while the database fails, in milliseconds. A wake-up that is a minute late leaves this much before
 * the opening. After that, the sweep starts what nobody has claimed.
 */
const CLAIMING_LASTS = 60 * SECOND;

/** The lease that this process holds on a pre-booking. `Lease` is how it is stored. */
export class HeldLease {
  readonly id: string;
  readonly #deps: Deps;
  readonly #key: PrebookingKey;
  readonly #lost = new AbortController();
  #renewing = new AbortController();
  #isCommitUnanswered = false;

  constructor(deps: Deps, key: PrebookingKey, id: string) {
    this.id = id;
    this.#deps = deps;
    this.#key = key;
  }

  /**
   * Aborts when a write shows that the lease is lost: the pre-booking was cancelled or finished, or another firing has claimed
   * it. An expired lease is not lost: while the database does not answer, no other firing can claim the pre-booking either.
   */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether a shot may leave, or has left, without the database's answer to the commit. */
  get isCommitUnanswered(): boolean {
    return this.#isCommitUnanswered;
  }

  /**
   * Renews the lease in the background until `stopRenewing`, or until the signal aborts.
   *
   * @param firstAfter when to renew it for the first time, in milliseconds from now.
   */
  startRenewing(signal: AbortSignal, firstAfter = LEASE_RENEWAL): void {
    this.#renewing = new AbortController();
    const stopped = AbortSignal.any([signal, this.#renewing.signal, this.lost]);
    // The loop rejects when `stopped` aborts, and ends in no other way.
    this.#renewUntil(stopped, firstAfter).catch(() => undefined);
  }

  /** Stops renewing: no write may disturb the last moments before a shot. */
  stopRenewing(): void {
    this.#renewing.abort();
  }

  /**
   * Commits to the shot and keeps the lease until `COMMITTED_LEASE` after it. While the database does not answer, the write is sent
   * again, over other connections: it may be applied more than once.
   *
   * @param leavesAt when the shot leaves, on our wall clock.
   * @param answersBy until when to wait for the database, on the monotonic clock. After that the shot may leave without the
   *   database's answer: AimHarder gives a member one place in a class, so a second firing does less harm than none.
   * @returns false if the lease is lost.
   */
  async commit(leavesAt: Instant, answersBy: Instant, signal: AbortSignal): Promise<boolean> {
    const { claims, clock } = this.#deps;
    const answers = new Set<Promise<boolean>>();
    for (;;) {
      const expiresAt = Math.max(leavesAt, clock.now()) + COMMITTED_LEASE;
      const sent = this.#write((lease) => claims.commit(this.#key, lease), expiresAt);
      // A write that has failed never answers, so that the race waits for the others.
      answers.add(sent.then((applied) => applied ?? new Promise<never>(() => undefined)));
      const until = Math.min(clock.monotonic() + HEDGE_AFTER, answersBy);
      const answer = await awaitInTime({ clock, until, signal }, Promise.race(answers), undefined);
      if (answer !== undefined) return answer;
      if (clock.monotonic() >= answersBy) {
        this.#isCommitUnanswered = true;
        return true;
      }
    }
  }

  /**
   * Records the number of shots before the next one leaves, so that a successor continues the count. The commit has recorded the
   * first shot.
   *
   * @param shots the number of shots, including the next one.
   * @param answersBy until when to wait for the database, on the monotonic clock.
   * @throws the reason of `lost` if the lease is lost: then no shot may leave.
   */
  async recordShots(shots: number, answersBy: Instant, signal: AbortSignal): Promise<void> {
    const { claims, clock } = this.#deps;
    const sent = this.#write((lease) => claims.recordShots(this.#key, lease, shots));
    await awaitInTime({ clock, until: answersBy, signal }, sent, undefined);
    this.lost.throwIfAborted();
  }

  /** Records the new hours of a class that has moved. @throws the reason of `lost` if the lease is lost. */
  async follow(moved: Unfinished): Promise<void> {
    const { claims } = this.#deps;
    await this.#write((lease) => claims.follow(moved, lease));
    this.lost.throwIfAborted();
  }

  async #renewUntil(signal: AbortSignal, firstAfter: number): Promise<void> {
    const { claims, clock } = this.#deps;
    for (let wait = firstAfter; ; ) {
      await clock.until(clock.monotonic() + wait, signal);
      const renewed = await this.#write((lease) => claims.renew(this.#key, lease));
      wait = renewed ? LEASE_RENEWAL : RENEWAL_RETRY;
    }
  }

  /**
   * Writes to the pre-booking and extends the lease with the same write.
   *
   * @returns whether the write was applied; undefined if the database has failed.
   */
  async #write(
    write: (lease: Lease) => Promise<boolean>,
    expiresAt: Instant = this.#deps.clock.now() + LEASE_TTL,
  ): Promise<boolean | undefined> {
    const { logger } = this.#deps;
    const applied = await write({ id: this.id, expiresAt }).catch((error: unknown) => {
      logger.error('lease-renewal-failed', error, { prebooking: this.#key.id });
      return undefined;
    });
    if (applied === false) this.#lost.abort(new Error('The lease was lost.'));
    return applied;
  }
}
