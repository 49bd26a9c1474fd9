/** What the OpenAPI description states about a field or a parameter. */
export type FieldDescription = {
  readonly description: string;
  /** A value that works against `npm start`. Absent for a field that is an object or a list. */
  readonly example?: unknown;
  /** Parts of the JSON schema that the decoding schema does not show, because it decodes a text. */
  readonly schema?: Readonly<Record<string, unknown>>;
};

const ROUTINE_ID = '6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b';

/** Fields whose name has a special meaning in one place. The key is that place: the component, outer fields, and the field. */
export const SPECIAL_FIELDS: Readonly<Record<string, FieldDescription>> = {
  'ExportAccountAnswer.account': {
    description: 'All that is stored about the member, without secrets, and without what this version cannot decode.',
  },
  'ExportAccountAnswer.account.keepsCredentials': {
    description: 'Whether the password is kept, encrypted, to log in again.',
    example: false,
  },
  'ExportAccountAnswer.account.bookings.bookedAt': {
    description: 'When the class was booked. Null if only the cancellation is recorded.',
    example: '2035-06-08T16:00:00.000Z',
  },
  'ExportAccountAnswer.account.bookings.cancelledAt': {
    description: 'When the booking was cancelled. Null if it was not.',
    example: null,
  },
  'ExportAccountAnswer.account.bookings.status': {
    description: 'A seat, a place on the waitlist, or `cancelled`.',
    example: 'booked',
  },
  'ExportAccountAnswer.account.messages.channel': { description: 'How the message was sent.', example: 'email' },
  'ExportAccountAnswer.account.messages.state': { description: 'What became of the message.', example: 'sent' },
  'SetPausesAnswer.booked': {
    description: 'The coming classes in the pauses that are booked already. They stay booked.',
  },
  'SetPausesAnswer.booked.status': { description: 'A seat, or a place on the waitlist.', example: 'booked' },
  'Session.state': { description: 'Whether the session can be used.', example: 'active' },
  'Result.code': { description: 'AimHarder’s own code. Null if its answer had none.', example: '1' },
  'LoginAnswer.warnings.code': {
    description: 'What the login could not do, as a word that a program can compare.',
    example: 'background-login-failed',
  },
  'Notifications.email': { description: 'Whether messages are sent by mail.', example: true },
  'SetNotificationsRequest.email': { description: 'Whether to send messages by mail.', example: true },
  'Routine.id': { description: 'The id of the routine.', example: ROUTINE_ID },
  'LoginAnswer.warnings.message': {
    description: 'What the login could not do, in a sentence.',
    example: 'The background session could not be made. Log in again later.',
  },
  'Box.name': { description: 'The name of the box, as AimHarder gives it.', example: 'CrossFit Demo' },
  'SetPausesRequest.pauses.routineId': {
    description: 'The routine that is paused. If absent, every routine is paused.',
    example: ROUTINE_ID,
  },
  'Routine.startsAt': { description: 'When the class starts, on the box’s wall clock (`HH:MM`).', example: '18:00' },
  'CreateRoutineRequest.startsAt': {
    description: 'When the class starts, on the box’s wall clock (`HH:MM`).',
    example: '18:00',
  },
  'UpdateRoutineRequest.startsAt': {
    description: 'When the class starts, on the box’s wall clock (`HH:MM`).',
    example: '18:00',
  },
  'Class.state': {
    description:
      '`bookable`: there is a seat. `not-open`: `opensAt` is ahead. `booked`, `waitlisted`: the member has a place. `closed`: it has begun, or only staff may book it.',
    example: 'not-open',
  },
  'ListedBooking.status': { description: 'A seat, or a place on the waitlist.', example: 'booked' },
  'Booking.status': { description: 'A seat, or a place on the waitlist.', example: 'booked' },
  'Problem.status': { description: 'The HTTP status.', example: 404 },
  'PrebookedAnswer.status': { description: 'The class is ordered for its opening.', example: 'prebooked' },
  'CheckHealthAnswer.status': { description: '`ok` while the service is up.', example: 'ok' },
};
