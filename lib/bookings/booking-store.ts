import { PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DAY, type Instant } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import { OptionalInstant, StoredInstant } from '../platform/stored-fields.ts';
import { type BookedClass, bookingKey, type RecordedBooking, type Seat } from './booking.ts';

type BookingsTable = { readonly documents: Documents; readonly table: string };

/** Records the bookings that were made at once, and all cancellations (table: PK `email`, SK `booking`). */
export type BookingStore = {
  recordBooked(email: string, booked: BookedClass, seat: Seat, now: Instant): Promise<void>;
  /** @param key as `bookingKey` makes it; a booking that a pre-booking made has no record yet. */
  recordCancelled(email: string, key: string, now: Instant): Promise<void>;
  /** Loads all records of a member. The read is strongly consistent. */
  list(email: string): Promise<readonly RecordedBooking[]>;
};

export const bookingStore = (bookings: BookingsTable): BookingStore => ({
  recordBooked: (...booking) => recordBooked(bookings, ...booking),
  recordCancelled: (...cancellation) => recordCancelled(bookings, ...cancellation),
  list: (email) => listBookings(bookings, email),
});

/** How long a record is kept, in milliseconds: from before the class until weeks after it. */
const RETENTION = 90 * DAY;

async function recordBooked(
  { documents, table }: BookingsTable,
  email: string,
  { box, day, classId, familyId, className, classStartsAt, classEndsAt }: BookedClass,
  { kind, bookingId }: Seat,
  now: Instant,
): Promise<void> {
  const booked = {
    ...{ kind, box, day, classId, familyId, className },
    classStartsAt: toIso(classStartsAt),
    classEndsAt: classEndsAt === undefined ? undefined : toIso(classEndsAt),
    at: toIso(now),
  };
  // A booking without an id cannot be cancelled here, so its class is key enough.
  const booking = bookingKey(box, bookingId ?? `class-${classId}`);
  const expiresAt = epochSeconds(now + RETENTION);
  await documents.send(new PutCommand({ TableName: table, Item: { email, booking, booked, expiresAt } }));
}

async function recordCancelled(
  { documents, table }: BookingsTable,
  email: string,
  key: string,
  now: Instant,
): Promise<void> {
  await documents.send(
    new UpdateCommand({
      TableName: table,
      Key: { email, booking: key },
      UpdateExpression: 'SET cancelledAt = :now, expiresAt = :expires',
      ExpressionAttributeValues: { ':now': toIso(now), ':expires': epochSeconds(now + RETENTION) },
    }),
  );
}

async function listBookings({ documents, table }: BookingsTable, email: string): Promise<readonly RecordedBooking[]> {
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: table,
      KeyConditionExpression: 'email = :email',
      ExpressionAttributeValues: { ':email': email },
      ConsistentRead: true,
    },
  );
  const all: RecordedBooking[] = [];
  for await (const { Items = [] } of pages) all.push(...Items.map(decodeBooking));
  return all;
}

/** Waits for a record to be written. The booking or cancellation itself is done, so a failed write is only logged. */
export const recordBestEffort = (logger: Logger, write: Promise<void>): Promise<void> =>
  write.catch((error: unknown) => logger.error('booking-record-failed', error));

const BookingItem = z.object({
  booking: z.string(),
  booked: z.optional(
    z.object({
      kind: z.enum(['booked', 'waitlisted']),
      box: z.string(),
      day: z.string(),
      classId: z.string(),
      familyId: z.nullable(z.string()),
      className: z.string(),
      classStartsAt: StoredInstant,
      classEndsAt: z.optional(StoredInstant),
      at: StoredInstant,
    }),
  ),
  cancelledAt: OptionalInstant,
});

/** @throws ZodError when the table holds something that is not the record of a booking. */
function decodeBooking(item: unknown): RecordedBooking {
  const { booking, booked = null, cancelledAt } = BookingItem.parse(item);
  return { key: booking, booked, cancelledAt };
}
