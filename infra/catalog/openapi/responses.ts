import * as z from 'zod/mini';
import { ClassView } from '../../../lib/bookings/class-view.ts';
import { NotificationsView } from '../../../lib/notifications/settings-view.ts';
import type { ErrorCode } from '../../../lib/platform/errors.ts';
import { PrebookingView, ResultView } from '../../../lib/prebookings/prebooking-view.ts';
import { BookedInPauseView, PauseView, RoutineView } from '../../../lib/routines/routine-view.ts';
import { SessionView } from '../../../lib/sessions/session-view.ts';

/** What the routes answer, field by field: for the API's description, and for the tests that hold the answers to it. */

const day = z.iso.date();

const Box = z.strictObject({ box: z.string(), boxId: z.string(), name: z.string(), timezone: z.string() });

/** Schemas with a name of their own in the description. */
export const COMPONENTS = {
  Session: SessionView,
  Result: ResultView,
  Prebooking: PrebookingView,
  Box,
  Class: ClassView,
  Routine: RoutineView,
  Pause: PauseView,
  Notifications: NotificationsView,
} as const;

const nextCursor = z.nullable(z.string());

export const Health = z.strictObject({ status: z.string() });

export const Sessions = z.strictObject({ sessions: z.array(SessionView), nextCursor });

export const OneSession = z.strictObject({ session: SessionView });

export const Boxes = z.strictObject({ boxes: z.array(Box), nextCursor });

export const Classes = z.strictObject({ box: z.string(), day, classes: z.array(ClassView) });

export const Ordered = z.strictObject({ status: z.literal('prebooked'), prebooking: PrebookingView });

export const OnePrebooking = z.strictObject({ prebooking: PrebookingView });

export const Prebookings = z.strictObject({ prebookings: z.array(PrebookingView), nextCursor });

export const CalendarUrl = z.strictObject({ url: z.url() });

export const OneNotifications = z.strictObject({ notifications: NotificationsView });

export const OneRoutine = z.strictObject({ routine: RoutineView });

export const Routines = z.strictObject({ routines: z.array(RoutineView), nextCursor });

export const Pauses = z.strictObject({ pauses: z.array(PauseView) });

export const PausesSet = z.strictObject({ pauses: z.array(PauseView), booked: z.array(BookedInPauseView) });

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

export const NO_CONTENT = (means: string): Answer => ({ means });
