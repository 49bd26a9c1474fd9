import { randomUUID } from 'node:crypto';
import type { Clock, Instant } from '../platform/clock.ts';
import {
  type Attempt,
  isHeldAt,
  isUnfinished,
  LEASE,
  LEASE_RENEWAL,
  type PrebookingKey,
  type Unfinished,
} from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUp } from './wake-ups.ts';

/** Why a wake-up has nothing to do. Each is an expected end, not an error. */
export type QuietEnd =
  | 'gone'
  | 'cancelled'
  | 'finished'
  | 'another-order'
  | 'another-attempt'
  | 'lost-attempt'
  | 'not-settled-yet';

type Deps = { readonly prebookings: PrebookingStore; readonly clock: Clock };

export type Taken = { readonly prebooking: Unfinished; readonly lease: Lease };

/** Becomes the one at work on a pre-booking, or says why not. Of two wake-ups at once, one gets it. */
export async function take(deps: Deps, { email, id, order }: WakeUp): Promise<Taken | QuietEnd> {
  const { prebookings, clock } = deps;
  const prebooking = await prebookings.find({ email, id });
  if (!prebooking) return 'gone';
  if (prebooking.order !== order) return 'another-order';
  if (prebooking.status === 'cancelled') return 'cancelled';
  if (!isUnfinished(prebooking)) return 'finished';
  const now = clock.now();
  if (isHeldAt(prebooking, now)) return 'another-attempt';
  const attempt = randomUUID();
  const taken = await prebookings.take(prebooking, { attempt, attemptUntil: now + LEASE }, now);
  return taken ? { prebooking, lease: lease(deps, prebooking, attempt) } : 'another-attempt';
}

export type Lease = {
  readonly attempt: string;
  /** Aborted once the pre-booking was cancelled, finished or taken over by somebody else. */
  readonly lost: AbortSignal;
  /** Renews from now on in the background, until `pause` or the signal. */
  keep(signal: AbortSignal): void;
  /** Stops renewing: no write may disturb the last moments before a shot. */
  pause(): void;
  /** Commits to firing, and counts as alive until `LEASE` after `busyUntil`. @returns false when the attempt was lost. */
  commit(busyUntil: Instant): Promise<boolean>;
};

function lease({ prebookings, clock }: Deps, key: PrebookingKey, attempt: string): Lease {
  const lost = new AbortController();
  let keeping = new AbortController();
  const until = (from: Instant): Attempt => ({ attempt, attemptUntil: from + LEASE });

  async function renewUntil(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.until(clock.monotonic() + LEASE_RENEWAL, signal);
      if (!(await prebookings.renew(key, until(clock.now())))) lost.abort(new Error('The attempt was taken over.'));
    }
  }

  return {
    attempt,
    lost: lost.signal,
    keep(signal) {
      keeping = new AbortController();
      // It ends by its signal alone, or by a database that does not answer: then the lease runs out, as it should.
      renewUntil(AbortSignal.any([signal, keeping.signal, lost.signal])).catch(() => undefined);
    },
    pause: () => keeping.abort(),
    commit: (busyUntil) => prebookings.commit(key, until(Math.max(busyUntil, clock.now()))),
  };
}
