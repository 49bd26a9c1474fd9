import * as z from 'zod/mini';
import { bookingIdOf, type RecordedBooking } from '../bookings/booking.ts';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { CHANNELS } from '../notifications/channel.ts';
import type { StoredMessage } from '../notifications/message-record.ts';
import { NotificationsView } from '../notifications/settings-view.ts';
import { toIso } from '../platform/dynamodb.ts';
import { PrebookingView } from '../prebookings/prebooking-view.ts';
import { PauseView, RoutineView } from '../routines/routine-view.ts';
import { SessionView } from '../sessions/session-view.ts';

// The schemas serve only the OpenAPI document. The calls that make them are marked as pure, so that esbuild leaves them out of
// the functions' bundles.

/** A booking or a cancellation that was recorded. A field is null if its value is unknown. */
const RecordedBookingView = /* @__PURE__ */ (() =>
  z.strictObject({
    box: z.string().check(z.describe('The subdomain of the box.')),
    bookingId: z.nullable(z.string()).check(z.describe('AimHarder’s id; null if AimHarder has not told it.')),
    status: z.enum(['booked', 'waitlisted', 'cancelled']),
    day: z.nullable(z.iso.date()),
    classId: z.nullable(z.string()),
    familyId: z.nullable(z.string()),
    className: z.nullable(z.string()),
    classStartsAt: z.nullable(z.iso.datetime()),
    bookedAt: z.nullable(z.iso.datetime()),
    promotedAt: z.nullable(z.iso.datetime()),
    cancelledAt: z.nullable(z.iso.datetime()),
  }))();

/** A message that was sent, or is to be sent. */
const MessageView = /* @__PURE__ */ (() =>
  z.strictObject({
    eventId: z.string().check(z.describe('The event that the message is about.')),
    channel: z.enum(CHANNELS),
    state: z.enum(['waiting', 'sent', 'given-up', 'dropped']),
    createdAt: z.iso.datetime(),
    subject: z.string(),
    text: z.string(),
  }))();

/** Everything that is stored about a member, without secrets, and without what cannot be decoded. */
export const AccountView = /* @__PURE__ */ (() =>
  z.strictObject({
    email: z.string().check(z.describe('The e-mail by which AimHarder and this service know the member.')),
    boxes: z
      .array(z.strictObject({ box: z.string(), boxId: z.string(), name: z.string() }))
      .check(z.describe('The boxes that AimHarder listed at the last logins.')),
    sessions: z.array(SessionView),
    keepsCredentials: z
      .boolean()
      .check(z.describe('Whether the password is kept, encrypted, to log a dead background session in again.')),
    prebookings: z.array(PrebookingView).check(z.describe('Those of the last 90 days, and all that are pending.')),
    bookings: z
      .array(RecordedBookingView)
      .check(z.describe('Bookings that were made at once, and all cancellations, of the last 90 days.')),
    routines: z.array(RoutineView),
    pauses: z.array(PauseView),
    openingRules: z
      .array(z.strictObject({ box: z.string(), familyId: z.nullable(z.string()), opening: OpeningRule }))
      .check(
        z.describe('When classes open for the member, or for one of the family, as AimHarder’s refusals have told.'),
      ),
    calendar: z
      .nullable(z.strictObject({ createdAt: z.iso.datetime() }))
      .check(z.describe('The calendar feed; its address is stored as a hash only, and cannot be shown.')),
    notifications: z.nullable(NotificationsView),
    messages: z.array(MessageView).check(z.describe('The messages of the last 30 days.')),
  }))();

export type AccountView = z.output<typeof AccountView>;

export function recordedBookingView(record: RecordedBooking): z.output<typeof RecordedBookingView> {
  const { key, booked, cancelledAt } = record;
  // A cancellation alone has no `booked`, but its key names the box too (`bookingKey`).
  const [box = ''] = key.split('#');
  return {
    box,
    bookingId: bookingIdOf(record),
    status: cancelledAt === null ? (booked?.kind ?? 'booked') : 'cancelled',
    day: booked?.day ?? null,
    classId: booked?.classId ?? null,
    familyId: booked?.familyId ?? null,
    className: booked?.className ?? null,
    classStartsAt: booked && toIso(booked.classStartsAt),
    bookedAt: booked && toIso(booked.at),
    promotedAt: booked?.promotedAt === undefined ? null : toIso(booked.promotedAt),
    cancelledAt: cancelledAt === null ? null : toIso(cancelledAt),
  };
}

export const messageView = ({
  eventId,
  channel,
  state,
  createdAt,
  subject,
  text,
}: StoredMessage): z.output<typeof MessageView> => ({
  eventId,
  channel,
  state,
  createdAt: toIso(createdAt),
  subject,
  text,
});
