import * as z from 'zod/mini';
import {
  BookingBody,
  BookingPath,
  BoxesQuery,
  CancellationQuery,
  ClassesQuery,
} from '../../../lib/bookings/booking-api.ts';
import { BookingView } from '../../../lib/bookings/booking-view.ts';
import { FeedPath } from '../../../lib/calendar/calendar-api.ts';
import { LoginView } from '../../../lib/login/login-view.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import { PrebookingBody, PrebookingPath, PrebookingsQuery } from '../../../lib/prebookings/prebooking-api.ts';
import {
  EndSessionQuery,
  LoginBody,
  LogoutBody,
  SessionPath,
  SessionsQuery,
} from '../../../lib/sessions/session-api.ts';
import type { FUNCTIONS } from '../functions.ts';
import * as answers from './responses.ts';
import { type Described, NO_CONTENT } from './responses.ts';
import { ROUTINE_ROUTES } from './routine-routes.ts';

type Functions = typeof FUNCTIONS;

type RoutedFunction = {
  [Name in keyof Functions]: Functions[Name] extends { readonly routes: readonly (infer Route)[] } ? Route : never;
};

/** Every route there is, as infra/functions.ts has it. */
export type Route = Exclude<RoutedFunction[keyof Functions], '$default'>;

const UPSTREAM_FAILURES = ['upstream-rejected', 'upstream-unreachable'] as const;

/** Asked in the caller's name: its session may turn out to be dead. */
const CALLS_AIMHARDER = ['login-required', ...UPSTREAM_FAILURES] as const;

const BOOKING_REFUSALS = [
  'already-booked',
  'class-full',
  'no-credit',
  'unpaid',
  'booking-limit',
  'too-early',
  'too-late',
] as const;

const ORDER_REFUSALS = [
  ...CALLS_AIMHARDER,
  ...BOOKING_REFUSALS,
  'box-not-found',
  'class-not-found',
  'prebooking-limit',
  'prebooking-finished',
] as const;

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
    answers: { 200: { means: 'Logged in.', schema: LoginView } },
    problems: ['invalid-credentials', 'session-changed', 'too-many-attempts', ...UPSTREAM_FAILURES],
  },
  'POST /v1/logout': {
    summary: 'End one device session, or all of them; never the background session',
    tag: 'Sessions',
    body: LogoutBody,
    answers: { 204: NO_CONTENT('Ended, or there was none.') },
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
    answers: { 204: NO_CONTENT('Ended.') },
    problems: ['session-not-found', 'session-protected', 'login-required'],
  },
  'POST /v1/sessions/refresh': {
    summary: 'Refresh the caller’s device session now',
    tag: 'Sessions',
    answers: { 200: { means: 'Refreshed.', schema: answers.OneSession } },
    problems: ['session-changed', ...CALLS_AIMHARDER],
  },
  'DELETE /v1/credentials': {
    summary: 'Forget a password kept with keepCredentials',
    tag: 'Sessions',
    answers: { 204: NO_CONTENT('Forgotten, or there was none.') },
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
    problems: ['box-not-found', ...CALLS_AIMHARDER],
  },
  'POST /v1/bookings': {
    summary: 'Book a class at once; too early, it is ordered for its opening',
    tag: 'Classes',
    body: BookingBody,
    answers: {
      201: { means: 'Booked, or on the waitlist.', schema: BookingView },
      202: { means: 'Ordered for its opening.', schema: answers.Ordered, headers: ['Location'] },
    },
    problems: ORDER_REFUSALS,
  },
  'DELETE /v1/bookings/{bookingId}': {
    summary: 'Cancel a booking; a late cancellation needs consent',
    tag: 'Classes',
    path: BookingPath,
    query: CancellationQuery,
    answers: { 204: NO_CONTENT('Cancelled.') },
    problems: ['booking-not-found', 'box-not-found', 'late-cancellation', ...CALLS_AIMHARDER],
  },
  'POST /v1/prebookings': {
    summary: 'Order a class for its opening',
    tag: 'Pre-bookings',
    body: PrebookingBody,
    answers: {
      200: { means: 'It was ordered already.', schema: answers.OnePrebooking, headers: ['Location'] },
      201: { means: 'Ordered, or booked because it was open.', schema: answers.OnePrebooking, headers: ['Location'] },
    },
    problems: ORDER_REFUSALS,
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
    answers: { 204: NO_CONTENT('Cancelled.') },
    problems: ['prebooking-not-found', 'prebooking-finished', 'prebooking-firing'],
  },
  'POST /v1/calendar': {
    summary: 'Issue a private calendar feed; the one issued before ends',
    tag: 'Calendar',
    answers: { 201: { means: 'Issued.', schema: answers.CalendarUrl } },
    problems: [],
  },
  'DELETE /v1/calendar': {
    summary: 'Revoke the calendar feed',
    tag: 'Calendar',
    answers: { 204: NO_CONTENT('Revoked, or there was none.') },
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
    answers: { 204: NO_CONTENT('Deleted, or there were none.') },
    problems: [],
  },
  ...ROUTINE_ROUTES,
};
