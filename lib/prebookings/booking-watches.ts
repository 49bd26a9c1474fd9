import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RecordedBooking } from '../bookings/booking.ts';
import type { Instant } from '../platform/clock.ts';
import { epochSeconds, toIso } from '../platform/dynamodb.ts';
import { hashToRange } from '../platform/hash.ts';
import type { PrebookingTable } from './conditions.ts';
import type { PrebookingKey } from './prebooking.ts';
import { UNPUBLISHED_SHARDS, WAITING_SHARDS } from './prebooking-record.ts';

/** Watches sort before the member's quota (`#pending`). Lists of pre-bookings begin after the quota, so they contain no watch. */
const PREFIX = '#booking#';

/**
 * Stores watches (table of pre-bookings: PK `email`, SK `#booking#<key of the booking>`; index `unfinished`). A watch is for a
 * place on a waitlist that a member booked at once. A pre-booking on a waitlist needs no watch, because it is in that index
 * itself. A watch is in the index as long as the place is waiting, and then until the news of its seat is published. The index
 * sorts by `opensAt`, in which a watch has the start of its class.
 */
export class BookingWatches {
  readonly #table: PrebookingTable;

  constructor(table: PrebookingTable) {
    this.#table = table;
  }

  /**
   * Adds a watch, in the partitions of places that wait (`WAITING_SHARDS`). A repeated call writes the same item.
   *
   * @param bookingKey the key of the booking's record.
   */
  async add(email: string, bookingKey: string, startsAt: Instant): Promise<void> {
    const item = {
      ...keyOf(email, bookingKey),
      ...{ openingShard: shardOf(bookingKey, WAITING_SHARDS), opensAt: toIso(startsAt) },
      expiresAt: epochSeconds(startsAt),
    };
    await this.#table.documents.send(new PutCommand({ TableName: this.#table.table, Item: item }));
  }

  /**
   * Queues the news that a place is a seat now: moves its watch to the partitions of what is still to be published
   * (`UNPUBLISHED_SHARDS`), or creates it there. All news of a place have the same event id, so a repetition
   * is harmless. The write is an update, because the functions of routes that only read may not put items.
   */
  async queueNews(email: string, bookingKey: string, startsAt: Instant): Promise<void> {
    const update = {
      TableName: this.#table.table,
      Key: keyOf(email, bookingKey),
      UpdateExpression: 'SET openingShard = :unpublished, opensAt = :startsAt, expiresAt = :expires',
      ExpressionAttributeValues: {
        ':unpublished': shardOf(bookingKey, UNPUBLISHED_SHARDS),
        ':startsAt': toIso(startsAt),
        ':expires': epochSeconds(startsAt),
      },
    };
    await this.#table.documents.send(new UpdateCommand(update));
  }

  /** Deletes a watch. @param key the key of the watch, as the index lists it. A watch is in the table of pre-bookings. */
  async remove({ email, id }: PrebookingKey): Promise<void> {
    await this.#table.documents.send(new DeleteCommand({ TableName: this.#table.table, Key: { email, id } }));
  }
}

/** Reads the key of the watched booking's record from a key of the index. @returns undefined for the key of a pre-booking. */
export const watchedBookingKey = ({ id }: PrebookingKey): RecordedBooking['key'] | undefined =>
  id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined;

const keyOf = (email: string, bookingKey: string): PrebookingKey => ({ email, id: `${PREFIX}${bookingKey}` });

const shardOf = (bookingKey: string, shards: readonly number[]): number | undefined =>
  shards[hashToRange(bookingKey, shards.length)];
