import { createHash } from 'node:crypto';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { Outcome } from '../events/outcome.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { normalizeName } from '../platform/text.ts';

/**
 * The basis of the first shot's aim: AimHarder's calibrated clock and the network path to it, only the proven bound of that
 * clock, or only our own clock.
 */
export const AIMED_BY = ['calibrated', 'bounded', 'local-clock'] as const;

export type Result = {
  readonly outcome: Outcome;
  readonly bookingId: string | null;
  /** AimHarder's own code and text; null if its answer had none. */
  readonly code: string | null;
  readonly message: string | null;
  /** When the first shot left, on our wall clock; null if no shot was sent. */
  readonly firedAt: Instant | null;
  /** The estimated arrival of the first shot minus the opening, and the largest error of that estimate, in milliseconds. */
  readonly latenessMs: number | null;
  readonly latenessBoundMs: number | null;
  /** How many booking requests were sent. */
  readonly shots: number;
  /** Null if no shot was aimed. */
  readonly aimedBy: (typeof AIMED_BY)[number] | null;
};

export const WHEN_FULL = ['waitlist', 'skip'] as const;

/**
 * What to do when the class is full: join the waitlist, or leave the waitlist again if AimHarder assigned a place on it.
 * Null keeps whatever AimHarder assigns.
 */
export type WhenFull = (typeof WHEN_FULL)[number] | null;

/** The class of a pre-booking. */
export type WantedClass = {
  readonly box: string;
  readonly boxId: string;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  /** AimHarder's slot id; null until the box lists the class, which is then found by its start and name. */
  readonly classId: string | null;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
  readonly whenFull: WhenFull;
  /** The routine that ordered the class; null for the member's own order. */
  readonly routineId: string | null;
  readonly className: string;
  /** `HH:MM` on the box's wall clock. If the slot id changes, time and name identify the class. */
  readonly classTime: string;
  readonly classStartsAt: Instant;
  /** Unknown for a class that was ordered before its box listed it. */
  readonly classEndsAt?: Instant | undefined;
  /** The rule from which the opening was computed; absent if the opening was stated as an instant. */
  readonly openingRule?: OpeningRule | undefined;
};

/** A class that its box lists. */
export type ListedClassRef = WantedClass & { readonly classId: string };

export const STATUSES = ['pending', 'firing', 'booked', 'waitlisted', 'failed', 'cancelled'] as const;

type Status = (typeof STATUSES)[number];

/**
 * The statuses that each transition starts from. The conditions of the table's writes are built from these lists, so no
 * write can make a transition that is not listed here.
 */
export const TRANSITIONS = {
  /** → pending, prepared, without a lease until the firing begins. */
  handOver: ['pending'],
  /** → firing, just before the shot. A firing that took over from a dead one commits again. */
  commit: ['pending', 'firing'],
  /** → booked, waitlisted or failed. Without a shot, a pending pre-booking ends here too. */
  finish: ['pending', 'firing'],
  /** → pending, because AimHarder named a later opening, or the class has moved. */
  postpone: ['pending', 'firing'],
  /** → pending, as a new generation, because the class has moved. */
  follow: ['pending'],
  /** → cancelled. */
  cancel: ['pending'],
  /** → booked or waitlisted: the shot had left when the member cancelled, and AimHarder keeps the place. */
  bookDespiteCancellation: ['cancelled'],
  /** The item is deleted, because the wake-up could not be set. */
  undo: ['pending'],
  /** → booked: the place on the waitlist has become a seat. */
  promote: ['waitlisted'],
  /** → pending, as a new generation; or the outcome at once, if AimHarder has answered a booking request instead. */
  reorder: ['booked', 'waitlisted', 'failed', 'cancelled'],
} as const satisfies Readonly<Record<string, readonly Status[]>>;

type Common = WantedClass & {
  readonly email: string;
  readonly id: string;
  /** The member's e-mail, encrypted for the wake-ups; absent from orders of version 0.1.0, and if the order ended at once. */
  readonly member?: string | undefined;
  /** Grows with every new order of the same class. A wake-up of an earlier generation starts nothing. */
  readonly generation: number;
  /** The opening: when AimHarder accepts bookings for the class, on its own clock. */
  readonly opensAt: Instant;
  /** When the wake-up is due. */
  readonly wakesAt: Instant;
  readonly createdAt: Instant;
};

/** A firing's exclusive right to a pre-booking. It ends at `expiresAt` unless the firing renews it. */
export type Lease = { readonly id: string; readonly expiresAt: Instant };

export type Pending = Common & {
  readonly status: 'pending';
  /** Whether the wake-up is set. */
  readonly armed: boolean;
  /** Null if no firing has claimed the pre-booking. */
  readonly lease: Lease | null;
  /**
   * Whether the opening has changed (AimHarder named a later one, or the class has moved) and the sweep must set the new wake-up
   * (stored as `postponed`).
   */
  readonly needsNewWakeUp?: boolean | undefined;
  /** What the preparation has left for the firing; absent until the pre-booking is prepared. */
  readonly prepared?: Preparation | undefined;
};

/** What a preparation leaves for the firing. */
export type Preparation = {
  /** When the firing is to begin. */
  readonly firesAt: Instant;
  /** Whether AimHarder has proven the session. */
  readonly isSessionProven: boolean;
  /** Whether the timetable has shown the class. */
  readonly isClassListed: boolean;
};

type Firing = Common & {
  readonly status: 'firing';
  readonly lease: Lease;
  /** The number of booking requests so far. Each is counted before it leaves. */
  readonly shots: number;
};

export type Finished = Common & {
  readonly status: 'booked' | 'waitlisted' | 'failed';
  readonly result: Result;
  readonly endedAt: Instant;
  /** How late its wake-up came, in milliseconds; absent if the wake-up was on time or the delay is unknown. */
  readonly wokenLateMs?: number | undefined;
  /** Whether the answer to the member's own request has already told the outcome. */
  readonly isAnswered?: boolean | undefined;
  /** When the place on the waitlist was first seen to be a seat; absent for a seat from the start, and for a place still waiting. */
  readonly promotedAt?: Instant | undefined;
};

/** A routine may order the class again if a routine cancelled it, but not if the member cancelled it. */
export type Cancelled = Common & {
  readonly status: 'cancelled';
  readonly cancelledBy: 'member' | 'routine';
  readonly endedAt: Instant;
};

export type Unfinished = Pending | Firing;
export type Ended = Finished | Cancelled;
export type Prebooking = Unfinished | Ended;
/** What a new order has to know of the ended one with the same id that it replaces. */
export type Replaced = Pick<Ended, 'id' | 'status' | 'generation'>;
export type PrebookingKey = { readonly email: string; readonly id: string };

/** How long before the opening the wake-up is due, in milliseconds. EventBridge Scheduler may be up to 59 s late. */
const WAKE_UP_LEAD = 120 * SECOND;

/**
 * How long before the opening a prepared firing begins, in milliseconds: 26 s for 24 probes, 2.5 s for the commit, and a second
 * for the start. The queue delivers the firing's message up to a second earlier. Each second of this lead costs 6 dollars per
 * million pre-bookings.
 */
export const FIRING_LEAD = 29.5 * SECOND;

/** How long before the opening the guard looks for a firing that has died, in milliseconds. */
export const GUARD_LEAD = 8 * SECOND;

/**
 * How long after the opening the guard looks for the last time, in milliseconds: by then the lease of the commit has expired
 * (`COMMITTED_LEASE`).
 */
export const LAST_GUARD_DELAY = 3 * SECOND;

/**
 * With less time than this before the opening, in milliseconds, the firing is not queued, but started at once, and prepares by
 * itself.
 */
export const TOO_NEAR_TO_QUEUE = 45 * SECOND;

/**
 * With less time than this before the opening, in milliseconds, nothing is queued: a firing may take 7 s to start and to claim
 * the pre-booking, and the guard would come before that.
 */
export const TOO_NEAR_TO_GUARD = GUARD_LEAD + 7 * SECOND;

/** How long after its opening a pre-booking is still fired, in milliseconds. */
export const GRACE = 2 * MINUTE;

/**
 * A claimed pre-booking can be cancelled until this long before its opening, in milliseconds: the firing commits soon after that,
 * and its commit may be unanswered.
 */
export const UNCANCELLABLE_BEFORE = 3 * SECOND;

/** How long a lease lives without renewal, and how often its holder renews it, in milliseconds. */
export const LEASE_TTL = 6 * SECOND;
export const LEASE_RENEWAL = 2 * SECOND;

/** How long after the shot is due the lease of a commit expires, in milliseconds, unless the firing renews it after the shot. */
export const COMMITTED_LEASE = 3 * SECOND;

/** How long an ended pre-booking is kept, in milliseconds. */
export const RETENTION = 90 * DAY;

/** Derives the id: every order of the same class by the same member has the same id. */
export function prebookingId(
  email: string,
  wanted: Pick<WantedClass, 'box' | 'day' | 'familyId'> & { readonly classId: string },
): string {
  const parts = [email, wanted.box, wanted.day, wanted.classId, wanted.familyId];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Identifies the class within its day: by its slot id, or by time and name while it has none. */
export const slotKey = ({ classId, classTime, className }: WantedClass): string =>
  classId ?? `${classTime} ${normalizeName(className)}`;

export const isPrebookingId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

export const isUnfinished = (prebooking: Unfinished | Pick<Ended, 'status'>): prebooking is Unfinished =>
  prebooking.status === 'pending' || prebooking.status === 'firing';

/** Whether a pre-booking has a result. A cancelled pre-booking has none: it is neither finished nor unfinished. */
export const isFinished = (prebooking: Prebooking): prebooking is Finished => 'result' in prebooking;

export const hasLiveLease = ({ lease }: Unfinished, now: Instant): boolean => lease !== null && lease.expiresAt > now;

/** Computes when to wake up, in whole seconds, because EventBridge Scheduler takes no fractions. */
export const computeWakeUp = (opensAt: Instant): Instant => Math.floor((opensAt - WAKE_UP_LEAD) / SECOND) * SECOND;

/** Returns the status after an outcome. */
export function statusAfter(outcome: Outcome): Finished['status'] {
  if (outcome === 'booked' || outcome === 'already-booked') return 'booked';
  return outcome === 'waitlisted' ? 'waitlisted' : 'failed';
}
