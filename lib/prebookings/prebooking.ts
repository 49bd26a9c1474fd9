import { createHash } from 'node:crypto';
import { DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { normalizeName } from '../platform/text.ts';

/** What became of a pre-booking (contract). */
export type Outcome =
  | 'booked'
  | 'already-booked'
  | 'waitlisted'
  | 'class-full'
  | 'no-credit'
  | 'unpaid'
  | 'booking-limit'
  | 'class-not-found'
  | 'too-early'
  | 'too-late'
  | 'login-required'
  | 'missed'
  | 'upstream-rejected'
  | 'upstream-unreachable'
  | 'upstream-timeout'
  | 'unknown';

export type Result = {
  readonly outcome: Outcome;
  readonly bookingId: string | null;
  /** AimHarder's own code and text, verbatim, where it gave them. */
  readonly code: string | null;
  readonly message: string | null;
  /** When the first shot left, by our own wall clock; null when none was sent. */
  readonly firedAt: Instant | null;
  /** Estimated arrival of the first shot minus the opening, and how far off that may be, in milliseconds. */
  readonly latenessMs: number | null;
  readonly latenessBoundMs: number | null;
  /** Booking requests sent. */
  readonly shots: number;
  /**
   * What the first shot was aimed by: AimHarder's clock and the path to it, the proven bound of that clock alone, or only
   * our own. Null when none was aimed.
   */
  readonly aimedBy: 'calibrated' | 'bounded' | 'local-clock' | null;
};

/**
 * What to do when no seat is left: ask for a place on the waitlist, or leave it be, and give such a place back should
 * AimHarder assign one. Null takes what AimHarder gives by itself.
 */
export type WhenFull = 'waitlist' | 'skip' | null;

/** The class a pre-booking is for. */
export type WantedClass = {
  readonly box: string;
  readonly boxId: string;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  /** AimHarder's slot id; null while its box does not show the class, which is then found by its start and name. */
  readonly classId: string | null;
  readonly familyId: string | null;
  readonly whenFull: WhenFull;
  /** The routine that orders it; null for an order of the member's own. */
  readonly routineId: string | null;
  readonly className: string;
  /** `HH:MM` on the box's wall clock: with the name it finds the class again should its slot id change. */
  readonly classTime: string;
  readonly classStartsAt: Instant;
  /** Not known of a class that was ordered before its box showed it. */
  readonly classEndsAt?: Instant | undefined;
};

/** A class that its box shows. */
export type ListedClassRef = WantedClass & { readonly classId: string };

type Common = WantedClass & {
  readonly email: string;
  readonly id: string;
  /** Grows with every new order of the same class: a wake-up of an earlier order starts nothing. */
  readonly generation: number;
  readonly opensAt: Instant;
  readonly wakesAt: Instant;
  readonly createdAt: Instant;
};

/** Who is at work on a pre-booking, and until when it counts as alive without another word. */
export type Lease = { readonly id: string; readonly expiresAt: Instant };

export type Pending = Common & {
  readonly status: 'pending';
  readonly armed: boolean;
  readonly lease: Lease | null;
  /** Its opening was put off by AimHarder, and its wake-up is still to be set: by the sweep, as it should be. */
  readonly postponed?: boolean | undefined;
};
type Firing = Common & {
  readonly status: 'firing';
  readonly lease: Lease;
  /** Booking requests that have been sent, or were about to be when this was noted. */
  readonly shots: number;
};
export type Finished = Common & {
  readonly status: 'booked' | 'waitlisted' | 'failed';
  readonly result: Result;
  readonly endedAt: Instant;
  /** How much too late its wake-up came, in milliseconds, where that was worth noting. */
  readonly wokenLateMs?: number | undefined;
};
/** Cancelled by the member, a class stays so; by a routine that no longer wants it, it may be ordered again. */
export type Cancelled = Common & {
  readonly status: 'cancelled';
  readonly cancelledBy: 'member' | 'routine';
  readonly endedAt: Instant;
};

export type Unfinished = Pending | Firing;
export type Prebooking = Unfinished | Finished | Cancelled;
export type PrebookingKey = { readonly email: string; readonly id: string };

/** How far ahead of the opening a wake-up is set. EventBridge Scheduler may take up to 59 s of it. */
const LEAD = 90 * SECOND;

/** Past the opening by more than this a pre-booking is not fired any more. */
export const GRACE = 2 * MINUTE;

/** How long an attempt counts as alive after its last word, and how often it gives one. */
export const LEASE = 15 * SECOND;
export const LEASE_RENEWAL = 5 * SECOND;

/** How long a finished pre-booking is kept. */
export const KEPT_FOR = 90 * DAY;

/** The same for the same class of the same member, whoever orders it how often. */
export function prebookingId(
  email: string,
  order: Pick<WantedClass, 'box' | 'day' | 'familyId'> & { readonly classId: string },
): string {
  const parts = [email, order.box, order.day, order.classId, order.familyId];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** What an order's id is made of: the slot id, or what finds the class while it has none. */
export const slotOf = ({ classId, classTime, className }: WantedClass): string =>
  classId ?? `${classTime} ${normalizeName(className)}`;

export const isPrebookingId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

export const isUnfinished = (prebooking: Prebooking): prebooking is Unfinished =>
  prebooking.status === 'pending' || prebooking.status === 'firing';

export const isFinished = (prebooking: Prebooking): prebooking is Finished => 'result' in prebooking;

/** Someone is at work on it. */
export const hasLiveLease = ({ lease }: Unfinished, now: Instant): boolean => lease !== null && lease.expiresAt > now;

/** When the wake-up is set: whole seconds, because that is what EventBridge Scheduler takes. */
export const wakesAt = (opensAt: Instant): Instant => Math.floor((opensAt - LEAD) / SECOND) * SECOND;

/** The status an outcome leads to. */
export function statusOf(outcome: Outcome): Finished['status'] {
  if (outcome === 'booked' || outcome === 'already-booked') return 'booked';
  return outcome === 'waitlisted' ? 'waitlisted' : 'failed';
}
