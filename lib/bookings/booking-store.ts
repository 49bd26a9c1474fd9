import { GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DAY, type Instant } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso, updateIf } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import {
  decodeReadable,
  type OnUnreadable,
  OptionalInstant,
  StoredInstant,
  throwUnreadable,
} from '../platform/stored-fields.ts';
import {
  type BookedClass,
  type BookingRef,
  bookingKey,
  keysOf,
  type Place,
  type RecordedBooking,
  recordedKey,
} from './booking.ts';

/** How long a record is kept after its last write, in milliseconds: until weeks after the class. */
const RETENTION = 90 * DAY;

/** Stores the bookings that this service has made at once, and all cancellations (table: PK `email`, SK `booking`). */
export class BookingStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Records a booking that this service has just made at once. */
  async recordBooked(email: string, booked: BookedClass, { kind, bookingId }: Place, now: Instant): Promise<void> {
    const { box, day, classId, familyId, className, classStartsAt, classEndsAt } = booked;
    const item = {
      email,
      booking: recordedKey(booked, bookingId),
      booked: {
        kind,
        box,
        day,
        classId,
        familyId,
        className,
        classStartsAt: toIso(classStartsAt),
        classEndsAt: classEndsAt === undefined ? undefined : toIso(classEndsAt),
        at: toIso(now),
      },
      expiresAt: epochSeconds(now + RETENTION),
    };
    await this.#documents.send(new PutCommand({ TableName: this.#table, Item: item }));
  }

  /**
   * Records a cancellation. Creates the record if there is none: a booking that a pre-booking made has none before.
   *
   * @param key from `bookingKey` or `recordedKey`.
   */
  async recordCancelled(email: string, key: string, now: Instant): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { email, booking: key },
        UpdateExpression: 'SET cancelledAt = :now, expiresAt = :expires',
        ExpressionAttributeValues: { ':now': toIso(now), ':expires': epochSeconds(now + RETENTION) },
      }),
    );
  }

  /**
   * Records that a place on the waitlist has become a seat.
   *
   * @param bookingId AimHarder's id of the seat; null if it is unknown.
   * @returns false if another caller has recorded the seat, or if the booking was cancelled.
   */
  promote(email: string, key: string, bookingId: string | null, now: Instant): Promise<boolean> {
    const seat = bookingId === null ? undefined : { ':seat': bookingId };
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, booking: key },
      UpdateExpression: `SET booked.kind = :booked, booked.promotedAt = :now${seat ? ', booked.seatBookingId = :seat' : ''}`,
      ConditionExpression: 'booked.kind = :waitlisted AND attribute_not_exists(cancelledAt)',
      ExpressionAttributeValues: { ':booked': 'booked', ':waitlisted': 'waitlisted', ':now': toIso(now), ...seat },
    });
  }

  /** Finds a record, with a strongly consistent read. @param key from `bookingKey` or `recordedKey`. */
  async find(email: string, key: string): Promise<RecordedBooking | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email, booking: key }, ConsistentRead: true }),
    );
    return Item && decodeBooking(Item);
  }

  /**
   * Finds a record by AimHarder's booking id: that of the booked place, or that of the seat which the place has become.
   *
   * @param onUnreadable gets the error of another item that is no record. If the record itself is none, its error is thrown.
   */
  async findByBookingId(
    email: string,
    { box, bookingId }: BookingRef,
    onUnreadable: OnUnreadable,
  ): Promise<RecordedBooking | undefined> {
    const key = bookingKey(box, bookingId);
    const found = await this.find(email, key);
    return found ?? (await this.list(email, onUnreadable)).find((record) => keysOf(record).includes(key));
  }

  /**
   * Loads all records of a member, with strongly consistent reads.
   *
   * @param onUnreadable gets the error of an item that is no record; the list leaves that item out. By default, the error is
   *   thrown.
   */
  async list(email: string, onUnreadable = throwUnreadable): Promise<readonly RecordedBooking[]> {
    const pages = paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        KeyConditionExpression: 'email = :email',
        ExpressionAttributeValues: { ':email': email },
        ConsistentRead: true,
      },
    );
    const all: RecordedBooking[] = [];
    for await (const { Items = [] } of pages)
      for (const item of Items) {
        const record = decodeReadable(item, decodeBooking, onUnreadable);
        if (record) all.push(record);
      }
    return all;
  }
}

/** Awaits the write of a record, and only logs a failure: AimHarder has already made the booking or cancellation. */
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
      promotedAt: z.optional(StoredInstant),
      seatBookingId: z.optional(z.string()),
    }),
  ),
  cancelledAt: OptionalInstant,
});

/** Decodes an item of the table. @throws ZodError if it is not the record of a booking. */
function decodeBooking(item: unknown): RecordedBooking {
  const { booking, booked = null, cancelledAt } = BookingItem.parse(item);
  return { key: booking, booked, cancelledAt };
}
