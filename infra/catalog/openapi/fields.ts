import { NOTIFICATION_FIELDS } from './notification-fields.ts';
import { SESSION_FIELDS } from './session-fields.ts';
import { type FieldDescription, SPECIAL_FIELDS } from './special-fields.ts';

const DATE = { format: 'date' };
const INSTANT = { format: 'date-time' };

/** The class of the examples. The simulator always lists this class, and its bookings are not open yet. */
export const EXAMPLE_CLASS = { box: 'crossfit-demo', day: '2035-06-12', classId: '10564106' };

const STARTS = '2035-06-12T16:00:00.000Z';
const ENDS = '2035-06-12T17:00:00.000Z';
const OPENS = '2035-06-08T16:00:00.000Z';
const EARLIER = '2035-06-01T09:30:00.000Z';
const PREBOOKING_ID = '0b6a1f4c2d3e495867a8b9c0d1e2f304';
const ROUTINE_ID = '6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b';

/**
 * The fields by name. A name has one meaning in the whole API. If a field has a special meaning in one place, its key also
 * names that place: the component, and the fields above it (special-fields.ts). The fields of some features are in files of
 * their own.
 */
export const FIELDS: Readonly<Record<string, FieldDescription>> = {
  aimedBy: {
    description:
      'How the first shot was aimed: by AimHarder’s clock and the path to it, by the proven bound of that clock, or by our own clock. Null if no shot was aimed.',
    example: 'calibrated',
  },
  alarmMinutes: {
    description: 'How many minutes before each booked class its event has an alarm (VALARM). Absent: no event has one.',
    example: 30,
    schema: { type: 'integer', minimum: 1, maximum: 1_440 },
  },
  atRisk: {
    description: 'Whether the member has no live background session to book with. A login creates one.',
    example: false,
  },
  booked: { description: 'How many seats are taken.', example: 9 },
  bookingId: {
    description: 'AimHarder’s id of the booking, by which it is cancelled. Null if there is none, or if it is unknown.',
    example: '90000001',
  },
  bookings: { description: 'The bookings of this page, by start.' },
  box: { description: 'The box (a gym), by its subdomain at AimHarder.', example: EXAMPLE_CLASS.box },
  boxes: { description: 'The boxes of this page, by subdomain.' },
  boxId: { description: 'AimHarder’s number of the box.', example: '9001' },
  boxName: { description: 'The name of the box, as AimHarder gives it.', example: 'CrossFit Demo' },
  capacity: { description: 'How many seats the class has. Null if AimHarder does not tell.', example: 14 },
  classes: { description: 'The classes, by day, as AimHarder lists them.' },
  classId: {
    description: 'The class on this date, by AimHarder’s id: each date has its own. Null while it is not listed.',
    example: EXAMPLE_CLASS.classId,
  },
  className: { description: 'The name of the class, as its box spells it.', example: 'WOD' },
  classStartsAt: { description: 'When the class starts.', example: STARTS },
  coach: { description: 'The name of the coach. Null if the box names none.', example: 'Iker' },
  code: { description: 'What went wrong, as a word that a program can compare.', example: 'class-not-found' },
  complete: {
    description: 'False if AimHarder’s own list is not known in full. Bookings made elsewhere may then be missing.',
    example: true,
  },
  createdAt: { description: 'When this item was created.', example: EARLIER },
  cursor: { description: 'Where the page begins: the `nextCursor` of the page before. Without it, the first page.' },
  data: { description: 'The event, with the message in words.' },
  day: { description: 'The day of the class on the box’s calendar.', example: EXAMPLE_CLASS.day, schema: DATE },
  days: {
    description: 'For how many days, beginning with `day`.',
    example: 2,
    schema: { type: 'integer', minimum: 1, maximum: 7, default: 1 },
  },
  daysBefore: { description: 'How many days before the class its bookings open.', example: 4 },
  detail: {
    description: 'What happened and what to do, in a sentence.',
    example: 'That box has no such class on that day.',
  },
  disabledAt: { description: 'Since when the receiver gets no more messages. Null if it is active.', example: null },
  email: {
    description: 'The member’s e-mail address at AimHarder.',
    example: 'demo@example.com',
    schema: { format: 'email' },
  },
  endsAt: { description: 'When the class ends. Null if that is unknown.', example: ENDS },
  endsLocal: { description: 'When the class ends, on the box’s wall clock (`HH:MM`).', example: '19:00' },
  eventId: {
    description: 'Identifies the event. An event that comes again has the same id.',
    example: '2f1d8a70-6c1b-4b7e-9d3a',
  },
  events: {
    description: 'The kinds of events that the member is told of.',
    example: ['booked', 'waitlisted', 'failed'],
  },
  expiresAt: {
    description: 'When the session and its access token end. Null for the background session.',
    example: EARLIER,
  },
  familyId: {
    description: 'AimHarder’s id of the relative who takes the class. Null or absent if the member takes it.',
    example: '77',
  },
  feed: {
    description: 'The secret of the feed, with `.ics`: the last part of its URL.',
    example: `${'A'.repeat(43)}.ics`,
  },
  file: { description: 'The name of the file, as the page names it.', example: 'main.js' },
  firedAt: { description: 'When the first shot left. Null if none was sent.', example: OPENS },
  from: { description: 'The first day, included.', example: '2035-06-01', schema: DATE },
  hoursBefore: { description: 'How many hours before the class its bookings open.', example: 48 },
  id: { description: 'The id of this item.', example: PREBOOKING_ID },
  instance: { description: 'The id of the request, for a question to the operator.', example: 'urn:request:8f14e45f' },
  language: { description: 'The language of messages.', example: 'en' },
  lastError: { description: 'Why the last message could not be delivered. Null if it was delivered.', example: null },
  lastTokenUpdateAt: { description: 'When AimHarder has last renewed the session.', example: EARLIER },
  late: { description: 'Cancels the booking even if that costs the credit.', example: 'true' },
  lateMs: { description: 'How late the wake-up came, in milliseconds.', example: 61_000 },
  latenessBoundMs: { description: 'The largest error of `latenessMs`, in milliseconds.', example: 6.2 },
  latenessMs: {
    description:
      'How long after the opening the first shot arrived at AimHarder, in milliseconds, on its clock. Null if unknown.',
    example: 9.4,
  },
  limit: {
    description: 'How many items a page has at most.',
    example: 20,
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
  },
  message: { description: 'AimHarder’s own text. Null if its answer had none.', example: null },
  name: { description: 'The name of the class, as its box spells it.', example: 'WOD' },
  next: { description: 'The coming pre-booking of the routine. Null if none is made yet.' },
  nextCursor: { description: 'The `cursor` of the next page. Null on the last page.', example: null },
  notifications: { description: 'The settings.' },
  openapi: { description: 'The version of OpenAPI.', example: '3.1.0' },
  opening: {
    description:
      'When a box opens bookings: days before the class (at its hour, or at `time`), hours before it, or on a weekday for the whole next week.',
    example: { daysBefore: 4 },
  },
  opensAt: {
    description: 'When bookings for the class open, on AimHarder’s clock. Null if that is unknown.',
    example: OPENS,
    schema: INSTANT,
  },
  outcome: { description: 'What became of the pre-booking.', example: 'booked' },
  pauses: { description: 'The pauses: dates of classes on which routines book nothing.' },
  prebooking: { description: 'The pre-booking.' },
  prebookingId: {
    description:
      'The pre-booking of this class that is still to be fired, or that made the booking. Null if there is none.',
    example: PREBOOKING_ID,
  },
  prebookings: { description: 'The pre-bookings of this page, the class with the latest start first.' },
  promotedAt: {
    description: 'When a place on the waitlist was first seen to be a seat. Null if that has not happened.',
    example: null,
  },
  problem: { description: 'What stands in the way of the routine’s next date. Null if nothing does.' },
  result: { description: 'What became of the pre-booking. Null while it is pending.' },
  routine: { description: 'The routine.' },
  routineId: {
    description: 'The routine that wants or ordered the class. Null or absent if none does.',
    example: ROUTINE_ID,
  },
  routines: { description: 'The routines of this page, the oldest first.' },
  secret: {
    description: 'Signs the messages to the webhook. Shown once, when it is new.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  },
  shots: { description: 'How many booking requests were sent.', example: 1 },
  since: { description: 'Since when the problem exists.', example: EARLIER },
  skip: { description: 'Dates of classes on which the routine books nothing.', example: ['2035-06-19'] },
  startsAt: { description: 'When the class starts.', example: STARTS },
  startsLocal: { description: 'When the class starts, on the box’s wall clock (`HH:MM`).', example: '18:00' },
  state: { description: '`active`: the channel gets messages. `disabled`: it gets none.', example: 'active' },
  status: { description: 'The state of the pre-booking.', example: 'pending' },
  subject: { description: 'The subject of the message, in the member’s language.', example: 'Booked: WOD' },
  suggestions: { description: 'Names of classes at that hour that the member may mean.', example: ['WOD'] },
  text: {
    description: 'The message, in the member’s language.',
    example: 'You have a place in WOD on Tuesday at 18:00.',
  },
  time: { description: 'At what time bookings open, on the box’s wall clock (`HH:MM`).', example: '17:30' },
  timestamp: { description: 'When the event was published.', example: OPENS },
  timezone: {
    description:
      'The IANA time zone of the box. AimHarder does not tell it: the operator sets it (`BOX_TIMEZONES`), or it is `Europe/Madrid`.',
    example: 'Europe/Madrid',
  },
  title: { description: 'What the code means, in words.', example: 'Class not found' },
  to: { description: 'The last day, included.', example: '2035-06-30', schema: DATE },
  type: { description: 'Identifies the kind of problem.', example: 'urn:on-the-dot:problem:class-not-found' },
  until: { description: 'The last day, included. Null or absent for no end.', example: '2035-07-31', schema: DATE },
  updatedAt: { description: 'When this item was last changed.', example: EARLIER },
  url: { description: 'The address.', example: 'https://example.com/on-the-dot', schema: { format: 'uri' } },
  version: { description: 'The version of the event’s format.', example: '1' },
  via: {
    description: 'How it was booked: by a pre-booking, a routine, a client (`api`), or not here (`elsewhere`).',
    example: 'routine',
  },
  waitlist: { description: 'How many wait for a seat. Null if the class has no waitlist.', example: 0 },
  wakesAt: { description: 'When the service wakes up for the pre-booking.', example: '2035-06-08T15:58:00.000Z' },
  webhook: { description: 'Where messages are sent by HTTP. Null for nowhere.' },
  weekday: { description: 'The day of the week: 1 is Monday, 7 is Sunday.', example: 2 },
  whenFull: {
    description:
      '`waitlist`: join the waitlist if no seat is left. `skip`: leave the waitlist again. Null or absent: keep what AimHarder gives.',
    example: 'waitlist',
  },
  whenTooEarly: {
    description: 'What to do if bookings are not open yet: order the class for its opening (`prebook`), or refuse.',
    example: 'prebook',
  },
  ...NOTIFICATION_FIELDS,
  ...SESSION_FIELDS,
  ...SPECIAL_FIELDS,
};
