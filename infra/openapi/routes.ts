import * as z from 'zod/mini';
import {
  BookingBody,
  BookingPath,
  BoxesQuery,
  CancellationQuery,
  ClassesQuery,
} from '../../lib/bookings/booking-api.ts';
import { CalendarBody, FeedPath } from '../../lib/calendar/calendar-api.ts';
import { NotificationsBody } from '../../lib/notifications/notification-api.ts';
import type { ErrorCode } from '../../lib/platform/errors.ts';
import { PrebookingBody, PrebookingPath, PrebookingsQuery } from '../../lib/prebookings/prebooking-api.ts';
import { PausesBody, RoutineBody, RoutineChanges, RoutinePath, RoutinesQuery } from '../../lib/routines/routine-api.ts';
import { EndSessionQuery, LoginBody, LogoutBody, SessionPath, SessionsQuery } from '../../lib/sessions/session-api.ts';
import type { FUNCTIONS } from '../functions.ts';
import * as answers from './responses.ts';

type Functions = typeof FUNCTIONS;
type Routed = {
  [Name in keyof Functions]: Functions[Name] extends { readonly routes: readonly (infer Route)[] } ? Route : never;
};
/** Every route there is, as infra/functions.ts has it. */
export type Route = Exclude<Routed[keyof Functions], '$default'>;

export const TAGS = {
  Sessions: 'Logins: one session for each device, and the background session that books.',
  Classes: 'Boxes, their timetables, and bookings made at once.',
  'Pre-bookings': 'Orders to book a class the instant its bookings open.',
  Routines: 'Classes wanted every week, which are ordered by themselves, and the pauses in between.',
  Calendar: 'A private feed of the member’s classes.',
  Notifications: 'Being told of what happens, by webhook and by mail.',
  Service: 'The service itself.',
} as const;

type Answer = {
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

const UPSTREAM = ['upstream-rejected', 'upstream-unreachable'] as const;
/** Asked in the caller's name: its session may turn out to be dead. */
const ASKING = ['login-required', ...UPSTREAM] as const;
const REFUSALS = [
  'already-booked',
  'class-full',
  'no-credit',
  'unpaid',
  'booking-limit',
  'too-early',
  'too-late',
] as const;
const ORDERING = [
  ...ASKING,
  ...REFUSALS,
  'box-not-found',
  'class-not-found',
  'prebooking-limit',
  'prebooking-finished',
] as const;

const done = (means: string): Answer => ({ means });

/** What each route takes and answers. One that is missing does not compile. */
export const ROUTES: Readonly<Record<Route, Described>> = {
  'GET /v1/health': {
    summary: 'Whether the service is up',
    tag: 'Service',
    open: true,
    answers: { 200: { means: 'It is.', schema: answers.Health } },
    problems: [],
  },
  'GET /openapi.json': {
    summary: 'This description',
    tag: 'Service',
    open: true,
    answers: { 200: { means: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
  },
  'POST /v1/login': {
    summary: 'Log in: a session for this device, and the background session that books',
    tag: 'Sessions',
    open: true,
    body: LoginBody,
    answers: { 200: { means: 'Logged in.', schema: answers.LoginAnswer } },
    problems: ['invalid-credentials', 'too-many-attempts', ...UPSTREAM],
  },
  'POST /v1/logout': {
    summary: 'End one device session, or all of them; never the background session',
    tag: 'Sessions',
    body: LogoutBody,
    answers: { 204: done('Ended, or there was none.') },
    problems: [],
  },
  'GET /v1/sessions': {
    summary: 'The caller’s sessions',
    tag: 'Sessions',
    query: SessionsQuery,
    answers: { 200: { means: 'A page of them.', schema: answers.Sessions } },
    problems: [],
  },
  'DELETE /v1/sessions/{fingerprint}': {
    summary: 'End one session; the background session needs confirmation and a fresh login',
    tag: 'Sessions',
    path: SessionPath,
    query: EndSessionQuery,
    answers: { 204: done('Ended.') },
    problems: ['session-not-found', 'session-protected', 'login-required'],
  },
  'POST /v1/sessions/refresh': {
    summary: 'Refresh the caller’s device session now',
    tag: 'Sessions',
    answers: { 200: { means: 'Refreshed.', schema: answers.OneSession } },
    problems: ['session-changed', ...ASKING],
  },
  'DELETE /v1/credentials': {
    summary: 'Forget a password kept with keepCredentials',
    tag: 'Sessions',
    answers: { 204: done('Forgotten, or there was none.') },
    problems: [],
  },
  'GET /v1/boxes': {
    summary: 'The caller’s boxes',
    tag: 'Classes',
    query: BoxesQuery,
    answers: { 200: { means: 'A page of them.', schema: answers.Boxes } },
    problems: [],
  },
  'GET /v1/classes': {
    summary: 'A day’s classes of a box',
    tag: 'Classes',
    query: ClassesQuery,
    answers: { 200: { means: 'The timetable.', schema: answers.Classes } },
    problems: ['box-not-found', ...ASKING],
  },
  'POST /v1/bookings': {
    summary: 'Book a class at once; too early, it is ordered for its opening',
    tag: 'Classes',
    body: BookingBody,
    answers: {
      201: { means: 'Booked, or on the waitlist.', schema: answers.Booked },
      202: { means: 'Ordered for its opening.', schema: answers.Ordered, headers: ['Location'] },
    },
    problems: ORDERING,
  },
  'DELETE /v1/bookings/{bookingId}': {
    summary: 'Cancel a booking; a late cancellation needs consent',
    tag: 'Classes',
    path: BookingPath,
    query: CancellationQuery,
    answers: { 204: done('Cancelled.') },
    problems: ['booking-not-found', 'box-not-found', 'late-cancellation', ...ASKING],
  },
  'POST /v1/prebookings': {
    summary: 'Order a class for its opening',
    tag: 'Pre-bookings',
    body: PrebookingBody,
    answers: {
      200: { means: 'It was ordered already.', schema: answers.OnePrebooking, headers: ['Location'] },
      201: { means: 'Ordered, or booked because it was open.', schema: answers.OnePrebooking, headers: ['Location'] },
    },
    problems: ORDERING,
  },
  'GET /v1/prebookings': {
    summary: 'The caller’s pre-bookings, last class first',
    tag: 'Pre-bookings',
    query: PrebookingsQuery,
    answers: { 200: { means: 'A page of them.', schema: answers.Prebookings } },
    problems: [],
  },
  'GET /v1/prebookings/{id}': {
    summary: 'One pre-booking',
    tag: 'Pre-bookings',
    path: PrebookingPath,
    answers: { 200: { means: 'The pre-booking.', schema: answers.OnePrebooking } },
    problems: ['prebooking-not-found'],
  },
  'DELETE /v1/prebookings/{id}': {
    summary: 'Cancel a pending pre-booking',
    tag: 'Pre-bookings',
    path: PrebookingPath,
    answers: { 204: done('Cancelled.') },
    problems: ['prebooking-not-found', 'prebooking-finished', 'prebooking-firing'],
  },
  'POST /v1/calendar': {
    summary: 'Issue a private calendar feed; the one issued before ends',
    tag: 'Calendar',
    body: CalendarBody,
    answers: { 201: { means: 'Issued.', schema: answers.CalendarUrl } },
    problems: [],
  },
  'DELETE /v1/calendar': {
    summary: 'Revoke the calendar feed',
    tag: 'Calendar',
    answers: { 204: done('Revoked, or there was none.') },
    problems: [],
  },
  'GET /v1/calendar/{feed}': {
    summary: 'The feed: its name is its secret',
    tag: 'Calendar',
    open: true,
    path: FeedPath,
    answers: {
      200: { means: 'iCalendar.', contentType: 'text/calendar', headers: ['ETag'] },
      304: { means: 'Unchanged since the ETag given.', headers: ['ETag'] },
    },
    problems: ['not-found'],
  },
  'PUT /v1/notifications': {
    summary: 'Say what to be told, and how; a webhook’s secret is told when it is new',
    tag: 'Notifications',
    body: NotificationsBody,
    answers: { 200: { means: 'Set, in place of what was.', schema: answers.OneNotifications } },
    problems: [],
  },
  'GET /v1/notifications': {
    summary: 'What the caller is told, and how, and whether the webhook works',
    tag: 'Notifications',
    answers: { 200: { means: 'The settings.', schema: answers.OneNotifications } },
    problems: [],
  },
  'DELETE /v1/notifications': {
    summary: 'Be told nothing any more',
    tag: 'Notifications',
    answers: { 204: done('Deleted, or there were none.') },
    problems: [],
  },
  'POST /v1/routines': {
    summary: 'Want a class every week: its coming dates are ordered by themselves',
    tag: 'Routines',
    body: RoutineBody,
    answers: {
      200: { means: 'There is one for that class already.', schema: answers.OneRoutine, headers: ['Location'] },
      201: {
        means: 'Made; its next date is ordered within a minute.',
        schema: answers.OneRoutine,
        headers: ['Location'],
      },
    },
    problems: ['box-not-found', 'routine-limit'],
  },
  'GET /v1/routines': {
    summary: 'The caller’s routines, the oldest first',
    tag: 'Routines',
    query: RoutinesQuery,
    answers: { 200: { means: 'A page of them.', schema: answers.Routines } },
    problems: [],
  },
  'GET /v1/routines/{id}': {
    summary: 'One routine, its next order, and what is in its way',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 200: { means: 'The routine.', schema: answers.OneRoutine } },
    problems: ['routine-not-found'],
  },
  'PATCH /v1/routines/{id}': {
    summary: 'Change a routine; null takes an optional field back. Orders it no longer wants are cancelled at once',
    tag: 'Routines',
    path: RoutinePath,
    body: RoutineChanges,
    answers: { 200: { means: 'Changed.', schema: answers.OneRoutine } },
    problems: ['routine-not-found', 'box-not-found'],
  },
  'DELETE /v1/routines/{id}': {
    summary: 'End a routine, its pauses and its pending orders; bookings stay',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 204: done('Ended.') },
    problems: ['routine-not-found'],
  },
  'PUT /v1/pauses': {
    summary: 'Replace the pauses: dates of classes on which no routine, or not that one, books',
    tag: 'Routines',
    body: PausesBody,
    answers: {
      200: {
        means: 'Replaced. Coming classes inside them that are booked already stay so, and are named.',
        schema: answers.PausesSet,
      },
    },
    problems: ['routine-not-found'],
  },
  'GET /v1/pauses': {
    summary: 'The caller’s pauses',
    tag: 'Routines',
    answers: { 200: { means: 'All of them.', schema: answers.Pauses } },
    problems: [],
  },
  'DELETE /v1/pauses': {
    summary: 'End all pauses; what they held back is ordered within a minute',
    tag: 'Routines',
    answers: { 204: done('Ended, or there were none.') },
    problems: [],
  },
};
