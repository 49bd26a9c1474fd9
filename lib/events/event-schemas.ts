import * as z from 'zod/mini';
import { BlockedReason } from './blocked-reason.ts';
import { Outcome } from './outcome.ts';

const InstantText = z.iso.datetime();

/** What every event contains. A repeated event has the same `eventId`. */
const EventDetail = z.strictObject({ version: z.literal('1'), eventId: z.string(), email: z.string() });

/** @property since the time from which the session needs a login, or the member is no longer invited. */
const SessionDetail = z.extend(EventDetail, { since: InstantText });

const CLASS_FIELDS = {
  box: z.string(),
  day: z.iso.date(),
  classId: z.nullable(z.string()),
  familyId: z.nullable(z.string()),
  className: z.string(),
  classStartsAt: InstantText,
};

/** A pre-booking's class and its opening. */
export const ClassDetail = z.extend(EventDetail, { prebookingId: z.string(), ...CLASS_FIELDS, opensAt: InstantText });

const PrebookingDetail = z.extend(ClassDetail, {
  /** An outcome that this version does not know is decoded as `unknown`. */
  outcome: z.catch(Outcome, 'unknown'),
  bookingId: z.nullable(z.string()),
  /** The text in AimHarder's answer; null if there was none. */
  message: z.nullable(z.string()),
  /** How late the first shot arrived, in milliseconds, negative if early; null if no shot has left. */
  latenessMs: z.nullable(z.number()),
  /** How many shots have left. */
  shots: z.int(),
  /**
   * Whether the answer to the member's own request has already told them the outcome, or they have cancelled the place meanwhile.
   * Then no message is sent.
   */
  isAnswered: z._default(z.boolean(), false),
});

/**
 * A place on a waitlist that has become a seat.
 *
 * @property prebookingId null if the class was booked at once, without a pre-booking.
 * @property bookingId AimHarder's id of the seat.
 */
const PromotedDetail = z.extend(EventDetail, {
  prebookingId: z.nullable(z.string()),
  ...CLASS_FIELDS,
  bookingId: z.nullable(z.string()),
});

/** A late wake-up. @property lateMs how long after the end of its scheduled minute the wake-up came, in milliseconds. */
const LateWakeUpDetail = z.extend(ClassDetail, { lateMs: z.number() });

/** One date of a routine: its class, and why the class could not be ordered. */
const RoutineDetail = z.extend(EventDetail, {
  routineId: z.string(),
  box: z.string(),
  day: z.iso.date(),
  className: z.string(),
  classStartsAt: InstantText,
  code: BlockedReason,
});

/** @property suggestions names of that day's classes, if no class has the name that the routine asks for. */
const BlockedRoutineDetail = z.extend(RoutineDetail, { suggestions: z.array(z.string()) });

/** The schema of each event's detail, by event type. */
export const DETAILS = {
  'PreBooking Booked': PrebookingDetail,
  'PreBooking Waitlisted': PrebookingDetail,
  'PreBooking Failed': PrebookingDetail,
  /** A place on a waitlist has become a seat. */
  'Booking Promoted': PromotedDetail,
  /** The opening is near, and the member has no live background session. */
  'PreBooking AtRisk': ClassDetail,
  'Session LoginRequired': SessionDetail,
  /** The operator no longer invites the member, whose sessions and orders have ended. */
  'Member NotInvited': SessionDetail,
  'Routine Blocked': BlockedRoutineDetail,
  /** The problem of an earlier `Routine Blocked` event is gone. */
  'Routine Cleared': RoutineDetail,
  'WakeUp Late': LateWakeUpDetail,
  /** The wake-up never came, or was never set, and the sweep replaced it. */
  'WakeUp Lost': ClassDetail,
} as const;

/** An event of this service: its type and its detail. */
export const ServiceEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['PreBooking Booked', 'PreBooking Waitlisted', 'PreBooking Failed']),
    detail: PrebookingDetail,
  }),
  z.object({ type: z.literal('Booking Promoted'), detail: PromotedDetail }),
  z.object({ type: z.literal('PreBooking AtRisk'), detail: ClassDetail }),
  z.object({ type: z.literal('WakeUp Lost'), detail: ClassDetail }),
  z.object({ type: z.literal('Session LoginRequired'), detail: SessionDetail }),
  z.object({ type: z.literal('Member NotInvited'), detail: SessionDetail }),
  z.object({ type: z.literal('Routine Blocked'), detail: BlockedRoutineDetail }),
  z.object({ type: z.literal('Routine Cleared'), detail: RoutineDetail }),
  z.object({ type: z.literal('WakeUp Late'), detail: LateWakeUpDetail }),
]);

export type ServiceEvent = z.output<typeof ServiceEvent>;

export type ClassDetail = z.output<typeof ClassDetail>;

export type EventType = ServiceEvent['type'];
