import { PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DAY, type Instant } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import { type BookedClass, bookingKey, type RecordedBooking, type Seat } from './booking.ts';

export type BookingStore = ReturnType<typeof bookingStore>;

/** How long a booking is remembered: longer than from its making until weeks after its class. */
const KEPT_FOR = 90 * DAY;

/** Bookings made at once, and those cancelled, however they were made (table: PK `email`, SK `booking`). */
export function bookingStore({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  async function recordBooked(email: string, booked: BookedClass, { kind, bookingId }: Seat, now: Instant) {
    const { box, day, classId, familyId, className, classStartsAt, classEndsAt } = booked;
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: {
          email,
          // One without an id cannot be cancelled here, and goes by its class.
          booking: bookingKey(box, bookingId ?? `class-${classId}`),
          booked: {
            ...{ kind, box, day, classId, familyId, className },
            classStartsAt: toIso(classStartsAt),
            classEndsAt: classEndsAt === undefined ? undefined : toIso(classEndsAt),
            at: toIso(now),
          },
          expiresAt: epochSeconds(now + KEPT_FOR),
        },
      }),
    );
  }

  async function recordCancelled(email: string, key: string, now: Instant): Promise<void> {
    await documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { email, booking: key },
        UpdateExpression: 'SET cancelledAt = :now, expiresAt = :expires',
        ExpressionAttributeValues: { ':now': toIso(now), ':expires': epochSeconds(now + KEPT_FOR) },
      }),
    );
  }

  /** All that is remembered of a member's bookings. */
  async function list(email: string): Promise<readonly RecordedBooking[]> {
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

  return { recordBooked, recordCancelled, list };
}

/** A booking stands whether or not it was noted: that it was not is logged, and spoils no answer. */
export const recordBestEffort = (logger: Logger, note: Promise<void>): Promise<void> =>
  note.catch((error: unknown) => logger.error('booking-record-failed', error));

const StoredInstant = z.pipe(
  z.string(),
  z.transform((iso: string) => Date.parse(iso)),
);

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
  cancelledAt: z.optional(StoredInstant),
});

function decodeBooking(item: unknown): RecordedBooking {
  const { booking, booked = null, cancelledAt = null } = BookingItem.parse(item);
  return { key: booking, booked, cancelledAt };
}
