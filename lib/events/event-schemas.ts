import * as z from 'zod/mini';

/* The forms of the events: for whoever decodes them, or describes them. */

const instant = z.iso.datetime();

const head = { version: z.literal('1'), eventId: z.string(), email: z.string() };

/** The class of a pre-booking, and when its bookings open. */
const ofClass = {
  prebookingId: z.string(),
  box: z.string(),
  day: z.iso.date(),
  classId: z.nullable(z.string()),
  familyId: z.nullable(z.string()),
  className: z.string(),
  classStartsAt: instant,
  opensAt: instant,
};

const PrebookingDetail = z.strictObject({
  ...head,
  ...ofClass,
  outcome: z.string(),
  bookingId: z.nullable(z.string()),
  /** AimHarder's own words, where it gave some. */
  message: z.nullable(z.string()),
  latenessMs: z.nullable(z.number()),
  shots: z.int(),
});

const SessionDetail = z.strictObject({ ...head, since: instant });

export const ClassDetail = z.strictObject({ ...head, ...ofClass });

/** @property lateMs after the last instant at which the Scheduler may come. */
const LateDetail = z.strictObject({ ...head, ...ofClass, lateMs: z.number() });

/** Every event there is, and the form of its detail. */
export const DETAILS = {
  'PreBooking Booked': PrebookingDetail,
  'PreBooking Waitlisted': PrebookingDetail,
  'PreBooking Failed': PrebookingDetail,
  /** Its opening is near, and there is no live session to book with. */
  'PreBooking AtRisk': ClassDetail,
  'Session LoginRequired': SessionDetail,
  'WakeUp Late': LateDetail,
  /** It never came, or was never set; the sweep stepped in. */
  'WakeUp Lost': ClassDetail,
} as const;

/** An event, by its type. */
export const ServiceEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['PreBooking Booked', 'PreBooking Waitlisted', 'PreBooking Failed']),
    detail: PrebookingDetail,
  }),
  z.object({ type: z.literal('PreBooking AtRisk'), detail: ClassDetail }),
  z.object({ type: z.literal('WakeUp Lost'), detail: ClassDetail }),
  z.object({ type: z.literal('Session LoginRequired'), detail: SessionDetail }),
  z.object({ type: z.literal('WakeUp Late'), detail: LateDetail }),
]);

export type ServiceEvent = z.output<typeof ServiceEvent>;

export type ClassDetail = z.output<typeof ClassDetail>;

export type EventType = ServiceEvent['type'];

/*
 * What the service tells the world, over an EventBridge bus. Delivered at least once: `eventId` is the same for every
 * delivery of one event. Details name the member by e-mail, because whoever tells a member has to know whom; they hold no
 * token, cookie or fingerprint.
 */

export const SOURCE = 'on-the-dot';
