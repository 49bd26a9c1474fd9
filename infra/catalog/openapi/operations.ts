import { EXAMPLE_CLASS } from './fields.ts';
import { EXAMPLE_ENDPOINT, EXAMPLE_KEYS } from './notification-fields.ts';

/** What the API's description states about an operation besides its schemas. */
export type OperationDescription = {
  /** The name of the operation; generated clients name their functions after it. */
  readonly id: string;
  readonly description: string;
  /** An example of a body, which works unchanged against `npm start`. */
  readonly body?: object;
};

const ROUTINE_CLASS = { box: EXAMPLE_CLASS.box, weekday: 2, startsAt: '18:00', className: 'WOD' };

/** The operations by route. */
export const OPERATIONS: Readonly<Record<string, OperationDescription>> = {
  'GET /v1/health': { id: 'checkHealth', description: 'Answers while the service is up. Monitoring tools call it.' },
  'GET /openapi.json': { id: 'describeApi', description: 'This description, with the address of this service.' },
  'GET /': { id: 'openPage', description: 'The members’ page, for a browser.' },
  'GET /assets/{file}': { id: 'getPageFile', description: 'A file that the page names. It never changes.' },
  'GET /manifest.webmanifest': { id: 'getPageManifest', description: 'The web app manifest of the page.' },
  'GET /sw.js': { id: 'getServiceWorker', description: 'The script that opens the page without a network.' },
  'POST /v1/login': {
    id: 'login',
    description:
      'Logs the member in at AimHarder, with the member’s password there. The answer has the bearer token for all other operations. The login also creates the background session that books, which stays after a logout.',
    body: {
      email: 'demo@example.com',
      password: 'demo-password',
      fingerprint: 'my-terminal',
      deviceName: 'My terminal',
    },
  },
  'POST /v1/logout': {
    id: 'logout',
    description:
      'Ends the device session with the fingerprint; without a fingerprint, all device sessions of the member. Pre-bookings are fired all the same.',
    body: { fingerprint: 'my-old-phone' },
  },
  'GET /v1/sessions': { id: 'listSessions', description: 'The member’s device sessions, and the background session.' },
  'DELETE /v1/sessions/{fingerprint}': {
    id: 'endSession',
    description: 'Ends a session. Without the background session no pre-booking can be fired.',
  },
  'POST /v1/sessions/refresh': {
    id: 'refreshSession',
    description: 'Asks AimHarder for the session’s next token now. The service also asks by itself, every 8 minutes.',
  },
  'DELETE /v1/credentials': {
    id: 'forgetPassword',
    description: 'Deletes the kept password. If AimHarder then ends the background session, only a login renews it.',
  },
  'GET /v1/account': {
    id: 'exportAccount',
    description: 'All that the service stores about the member, without secrets.',
  },
  'DELETE /v1/account': {
    id: 'deleteAccount',
    description:
      'Ends and deletes all that the service stores about the member. What AimHarder has booked stays booked.',
  },
  'GET /v1/boxes': { id: 'listBoxes', description: 'The boxes that AimHarder named at the member’s login.' },
  'GET /v1/classes': {
    id: 'listClasses',
    description: 'The timetable of up to seven days, with the member’s bookings, openings, pre-bookings and routines.',
  },
  'GET /v1/bookings': {
    id: 'listBookings',
    description: 'All that the member has booked at AimHarder on the requested days, by this service or elsewhere.',
  },
  'POST /v1/bookings': {
    id: 'bookClass',
    description:
      'Books a class now; a full class is booked onto its waitlist. If its bookings are not open yet, orders it for its opening, or refuses (`whenTooEarly`).',
    body: EXAMPLE_CLASS,
  },
  'DELETE /v1/bookings/{bookingId}': {
    id: 'cancelBooking',
    description:
      'Gives back a seat, or a place on the waitlist. May be repeated. A late cancellation costs the credit and needs `late`.',
  },
  'POST /v1/prebookings': {
    id: 'createPrebooking',
    description:
      'Orders a class, which the service books the instant its bookings open. May be repeated: a class is ordered once.',
    body: { ...EXAMPLE_CLASS, whenFull: 'waitlist', opensAt: '2035-06-08T16:00:00Z' },
  },
  'GET /v1/prebookings': {
    id: 'listPrebookings',
    description: 'The member’s orders, pending and ended, of the last 90 days.',
  },
  'GET /v1/prebookings/{id}': { id: 'getPrebooking', description: 'One order, and what became of it.' },
  'DELETE /v1/prebookings/{id}': {
    id: 'cancelPrebooking',
    description: 'Cancels a pending order. From 3 s before the opening that is no longer possible.',
  },
  'POST /v1/calendar': {
    id: 'createCalendar',
    description:
      'Creates a secret address for calendar applications. The previous address stops working. For alarms, add `?alarmMinutes=30` to it.',
  },
  'DELETE /v1/calendar': { id: 'deleteCalendar', description: 'The feed’s address stops working.' },
  'GET /v1/calendar/{feed}': {
    id: 'getCalendar',
    description: 'The feed as iCalendar (RFC 5545). Needs no token: its name is secret.',
  },
  'PUT /v1/notifications': {
    id: 'setNotifications',
    description: 'Replaces all settings: a field that is absent returns to its default.',
    body: { email: true, language: 'en', events: ['booked', 'waitlisted', 'failed', 'login-needed'] },
  },
  'GET /v1/notifications': {
    id: 'getNotifications',
    description: 'The events that the member is told of, over which channels, and whether each channel works.',
  },
  'DELETE /v1/notifications': {
    id: 'deleteNotifications',
    description: 'Deletes the settings. The member gets no more messages.',
  },
  'POST /v1/notifications/test': {
    id: 'testNotifications',
    description: 'Sends a test message over every channel that is set.',
  },
  'POST /v1/notifications/push': {
    id: 'addPushSubscription',
    description: 'Also sends messages to this browser.',
    body: { endpoint: EXAMPLE_ENDPOINT, keys: EXAMPLE_KEYS },
  },
  'DELETE /v1/notifications/push': {
    id: 'removePushSubscription',
    description: 'Sends no more messages to this browser.',
    body: { endpoint: EXAMPLE_ENDPOINT },
  },
  'POST /v1/routines': {
    id: 'createRoutine',
    description: 'Orders a class for every week. May be repeated: a class has one routine.',
    body: ROUTINE_CLASS,
  },
  'GET /v1/routines': {
    id: 'listRoutines',
    description: 'The member’s routines, each with its next order and its problem.',
  },
  'GET /v1/routines/{id}': { id: 'getRoutine', description: 'One routine, with its next order and its problem.' },
  'PATCH /v1/routines/{id}': {
    id: 'updateRoutine',
    description:
      'Changes the given fields; null returns an optional one to its default. Orders that are no longer wanted are cancelled.',
    body: { whenFull: 'skip', skip: ['2035-06-19'] },
  },
  'DELETE /v1/routines/{id}': {
    id: 'deleteRoutine',
    description: 'Ends a routine and cancels its pending orders. Bookings stay.',
  },
  'PUT /v1/pauses': {
    id: 'setPauses',
    description:
      'Replaces all pauses. Orders inside them are cancelled at once, bookings stay and are named in the answer.',
    body: { pauses: [{ from: '2035-08-01', until: '2035-08-31' }] },
  },
  'GET /v1/pauses': { id: 'listPauses', description: 'The pauses, in the order of the request that set them.' },
  'DELETE /v1/pauses': {
    id: 'endPauses',
    description: 'Deletes all pauses. The service plans the paused dates again within a minute.',
  },
};

/** Encodes a position as the cursor of a list. */
const encodeCursor = (position: object): string => Buffer.from(JSON.stringify(position)).toString('base64url');

const START = '2035-06-12T16:00:00.000Z';

/** An example cursor of each list, by the list's operation. Each list has its own kind of position. */
export const CURSORS: Readonly<Record<string, string>> = {
  listSessions: encodeCursor({ fingerprint: 'a' }),
  listBoxes: encodeCursor({ box: 'a' }),
  listBookings: encodeCursor({ startsAt: START, key: EXAMPLE_CLASS.box }),
  listPrebookings: encodeCursor({ classStartsAt: START, id: '0b6a1f4c2d3e495867a8b9c0d1e2f304' }),
  listRoutines: encodeCursor({ createdAt: START, id: 'a' }),
};
