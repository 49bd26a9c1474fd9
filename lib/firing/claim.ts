import { randomUUID } from 'node:crypto';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import {
  hasLiveLease,
  isUnfinished,
  LEASE,
  LEASE_RENEWAL,
  type Lease,
  type PrebookingKey,
  type Unfinished,
} from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { WakeUp } from '../prebookings/wake-ups.ts';

/** Why a wake-up has nothing to do. Each is an expected end, not an error. */
export type SkipReason =
  | 'gone'
  | 'cancelled'
  | 'finished'
  | 'another-order'
  | 'another-attempt'
  | 'lost-attempt'
  | 'not-settled-yet'
  | 'postponed';

type Deps = { readonly prebookings: PrebookingStore; readonly clock: Clock; readonly logger: Logger };

export type Claimed = { readonly prebooking: Unfinished; readonly holdLease: HeldLease };

/** Becomes the one at work on a pre-booking, or says why not. Of two wake-ups at once, one gets it. */
export async function claim(deps: Deps, { email, id, order }: WakeUp): Promise<Claimed | SkipReason> {
  const { prebookings, clock } = deps;
  const prebooking = await prebookings.find({ email, id });
  if (!prebooking) return 'gone';
  if (prebooking.generation !== order) return 'another-order';
  if (prebooking.status === 'cancelled') return 'cancelled';
  if (!isUnfinished(prebooking)) return 'finished';
  const now = clock.now();
  if (hasLiveLease(prebooking, now)) return 'another-attempt';
  const attempt = randomUUID();
  const taken = await prebookings.claim(prebooking, { id: attempt, expiresAt: now + LEASE }, now);
  return taken ? { prebooking, holdLease: lease(deps, prebooking, attempt) } : 'another-attempt';
}

export type HeldLease = {
  readonly id: string;
  /** Aborted once the pre-booking was cancelled, finished or taken over by somebody else, or may have been. */
  readonly lost: AbortSignal;
  /** Renews from now on in the background, until `pause` or the signal. */
  startRenewing(signal: AbortSignal): void;
  /** Stops renewing: no write may disturb the last moments before a shot. */
  stopRenewing(): void;
  /** Commits to firing, and counts as alive until `LEASE` after `busyUntil`. @returns false when the attempt was lost. */
  commit(busyUntil: Instant): Promise<boolean>;
  /**
   * Notes how many shots will have left with the next one, so that a successor's count goes on from there. Every shot but
   * the first, which the commit stands for, is noted beforehand.
   *
   * @throws the reason of `lost` when the attempt was lost: no shot may leave then.
   */
  recordShots(shots: number): Promise<void>;
};

/** A renewal that the database failed is tried again after this, in milliseconds. */
const TRY_AGAIN = SECOND;

function lease({ prebookings, clock, logger }: Deps, key: PrebookingKey, attempt: string): HeldLease {
  const lost = new AbortController();
  let keeping = new AbortController();
  /** Until when nobody else takes over, on the monotonic clock: the last word that the database has confirmed. */
  let aliveUntil = clock.monotonic() + LEASE;
  const until = (from: Instant): Lease => ({ id: attempt, expiresAt: from + LEASE });

  /** Says that the attempt is alive. A database that fails is no loss yet: the last word holds until it runs out. */
  async function say(word: (until: Lease) => Promise<boolean>, from: Instant): Promise<boolean> {
    const counted = clock.monotonic() + Math.max(0, from - clock.now()) + LEASE;
    const said = await word(until(from)).catch((error: unknown) => {
      logger.error('lease-renewal-failed', error, { prebooking: key.id });
      return undefined;
    });
    if (said) aliveUntil = Math.max(aliveUntil, counted);
    if (said === false || clock.monotonic() >= aliveUntil) lost.abort(new Error('The attempt was lost.'));
    return said ?? false;
  }

  async function renewUntil(signal: AbortSignal): Promise<void> {
    for (let said = true; ; ) {
      await clock.until(clock.monotonic() + (said ? LEASE_RENEWAL : TRY_AGAIN), signal);
      said = await say((word) => prebookings.renew(key, word), clock.now());
    }
  }

  return {
    id: attempt,
    lost: lost.signal,
    startRenewing(signal) {
      keeping = new AbortController();
      // It ends by its signal alone.
      renewUntil(AbortSignal.any([signal, keeping.signal, lost.signal])).catch(() => undefined);
    },
    stopRenewing: () => keeping.abort(),
    commit: (busyUntil) => say((word) => prebookings.commit(key, word), Math.max(busyUntil, clock.now())),
    async recordShots(shots) {
      await say((word) => prebookings.recordShots(key, word, shots), clock.now());
      lost.signal.throwIfAborted();
    },
  };
}
