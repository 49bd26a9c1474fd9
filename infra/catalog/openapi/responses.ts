import * as z from 'zod/mini';
import { KINDS, LANGUAGES } from '../../../lib/notifications/notification-settings.ts';
import type { ErrorCode } from '../../../lib/platform/errors.ts';
import { PROBLEM_CODES } from '../../../lib/routines/routine.ts';

/** What the routes answer, field by field: for the API's description, and for the tests that hold the answers to it. */

const instant = z.iso.datetime();

const day = z.iso.date();

const Session = z.strictObject({
  fingerprint: z.string(),
  sessionType: z.enum(['device', 'background']),
  protected: z.boolean(),
  state: z.enum(['active', 'login-required']),
  deviceName: z.nullable(z.string()),
  createdAt: instant,
  updatedAt: instant,
  lastTokenUpdateAt: instant,
  tokenUpdateCount: z.int(),
  expiresAt: z.nullable(instant),
  current: z.boolean(),
});

const Result = z.strictObject({
  outcome: z.enum([
    'booked',
    'already-booked',
    'waitlisted',
    'class-full',
    'no-credit',
    'unpaid',
    'booking-limit',
    'class-not-found',
    'too-early',
    'too-late',
    'login-required',
    'missed',
    'upstream-rejected',
    'upstream-unreachable',
    'upstream-timeout',
    'unknown',
  ]),
  bookingId: z.nullable(z.string()),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  firedAt: z.nullable(instant),
  latenessMs: z.nullable(z.number()),
  latenessBoundMs: z.nullable(z.number()),
  shots: z.int(),
  aimedBy: z.nullable(z.enum(['calibrated', 'bounded', 'local-clock'])),
});

const Prebooking = z.strictObject({
  id: z.string(),
  box: z.string(),
  day,
  classId: z.nullable(z.string()),
  familyId: z.nullable(z.string()),
  whenFull: z.nullable(z.enum(['waitlist', 'skip'])),
  routineId: z.nullable(z.string()),
  className: z.string(),
  classStartsAt: instant,
  opensAt: instant,
  wakesAt: instant,
  status: z.enum(['pending', 'firing', 'booked', 'waitlisted', 'failed', 'cancelled']),
  atRisk: z.boolean(),
  createdAt: instant,
  result: z.nullable(Result),
});

const Box = z.strictObject({ box: z.string(), boxId: z.string(), name: z.string(), timezone: z.string() });

const Class = z.strictObject({
  classId: z.string(),
  name: z.string(),
  startsAt: instant,
  endsAt: instant,
  coach: z.nullable(z.string()),
  capacity: z.nullable(z.int()),
  booked: z.int(),
  waitlist: z.nullable(z.int()),
  state: z.enum(['bookable', 'booked', 'waitlisted', 'full', 'cancelled', 'closed']),
  bookingId: z.nullable(z.string()),
});

/** The webhook's `secret` is told when it is new, and only then. */
const Notifications = z.strictObject({
  webhook: z.nullable(
    z.strictObject({
      url: z.url(),
      state: z.enum(['active', 'disabled']),
      disabledAt: z.nullable(instant),
      lastError: z.nullable(z.string()),
      secret: z.optional(z.string()),
    }),
  ),
  email: z.boolean(),
  language: z.enum(LANGUAGES),
  events: z.array(z.enum(KINDS)),
});

const Opening = z.union([
  z.strictObject({ daysBefore: z.int(), time: z.optional(z.string()) }),
  z.strictObject({ hoursBefore: z.int() }),
  z.strictObject({ weekday: z.int(), time: z.string() }),
]);

const Routine = z.strictObject({
  id: z.string(),
  box: z.string(),
  weekday: z.int(),
  startsAt: z.string(),
  className: z.string(),
  familyId: z.nullable(z.string()),
  whenFull: z.enum(['waitlist', 'skip']),
  from: z.nullable(day),
  until: z.nullable(day),
  opening: z.nullable(Opening),
  skip: z.array(day),
  createdAt: instant,
  problem: z.nullable(
    z.strictObject({
      day,
      code: z.enum(PROBLEM_CODES),
      detail: z.string(),
    }),
  ),
  next: z.nullable(z.strictObject({ prebookingId: z.string(), day, classStartsAt: instant, opensAt: instant })),
});

const Pause = z.strictObject({ from: day, until: day, routineId: z.nullable(z.string()) });

/** Schemas with a name of their own in the description. */
export const COMPONENTS = { Session, Result, Prebooking, Box, Class, Routine, Pause, Notifications } as const;

const nextCursor = z.nullable(z.string());

export const LoginAnswer = z.strictObject({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresAt: instant,
  session: Session,
  backgroundSession: z.nullable(Session),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
});

export const Health = z.strictObject({ status: z.string() });

export const Sessions = z.strictObject({ sessions: z.array(Session), nextCursor });

export const OneSession = z.strictObject({ session: Session });

export const Boxes = z.strictObject({ boxes: z.array(Box), nextCursor });

export const Classes = z.strictObject({ box: z.string(), day, classes: z.array(Class) });

export const Booked = z.strictObject({
  status: z.enum(['booked', 'waitlisted']),
  bookingId: z.nullable(z.string()),
  box: z.string(),
  day,
  classId: z.string(),
  familyId: z.nullable(z.string()),
  className: z.string(),
  classStartsAt: instant,
});

export const Ordered = z.strictObject({ status: z.literal('prebooked'), prebooking: Prebooking });

export const OnePrebooking = z.strictObject({ prebooking: Prebooking });

export const Prebookings = z.strictObject({ prebookings: z.array(Prebooking), nextCursor });

export const CalendarUrl = z.strictObject({ url: z.url() });

export const OneNotifications = z.strictObject({ notifications: Notifications });

export const OneRoutine = z.strictObject({ routine: Routine });

export const Routines = z.strictObject({ routines: z.array(Routine), nextCursor });

export const Pauses = z.strictObject({ pauses: z.array(Pause) });

export const PausesSet = z.strictObject({
  pauses: z.array(Pause),
  booked: z.array(
    z.strictObject({
      box: z.string(),
      day,
      classId: z.nullable(z.string()),
      className: z.string(),
      classStartsAt: instant,
      status: z.enum(['booked', 'waitlisted']),
      bookingId: z.nullable(z.string()),
      routineId: z.nullable(z.string()),
    }),
  ),
});

export const TAGS = {
  Sessions: 'Logins: one session for each device, and the background session that books.',
  Classes: 'Boxes, their timetables, and bookings made at once.',
  'Pre-bookings': 'Orders to book a class the instant its bookings open.',
  Routines: 'Classes wanted every week, which are ordered by themselves, and the pauses in between.',
  Calendar: 'A private feed of the member’s classes.',
  Notifications: 'Being told of what happens, by webhook and by mail.',
  Service: 'The service itself.',
} as const;

export type Answer = {
  readonly means: string;
  readonly schema?: z.ZodMiniType;
  /** Where it is not JSON. */
  readonly contentType?: string;
  readonly headers?: readonly string[];
};

export type Described = {
  readonly summary: string;
  readonly tag: keyof typeof TAGS;
  /** Needs no access token. */
  readonly open?: true;
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beyond what every route may answer (see document.ts). */
  readonly problems: readonly ErrorCode[];
};

export const done = (means: string): Answer => ({ means });
