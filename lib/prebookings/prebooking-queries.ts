import { paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { BookingRef } from '../bookings/booking.ts';
import type { Clock } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import { decodeReadable, type OnUnreadable } from '../platform/stored-fields.ts';
import { isSameName } from '../platform/text.ts';
import type { PrebookingTable } from './conditions.ts';
import type { PendingQuota } from './pending-quota.ts';
import type { Pending, Prebooking, WantedClass } from './prebooking.ts';
import { decodePrebooking, isPastTimeToLive } from './prebooking-record.ts';

/**
 * Finds a member's pre-bookings without their ids, with consistent reads. An item that cannot be decoded is left out.
 */
export class PrebookingQueries {
  readonly #table: PrebookingTable;
  readonly #clock: Clock;
  readonly #quota: Pick<PendingQuota, 'findCounted'>;
  readonly #logger: Logger;

  constructor({
    clock,
    quota,
    logger,
    ...table
  }: PrebookingTable & {
    readonly clock: Clock;
    readonly quota: Pick<PendingQuota, 'findCounted'>;
    readonly logger: Logger;
  }) {
    this.#table = table;
    this.#clock = clock;
    this.#quota = quota;
    this.#logger = logger;
  }

  /**
   * Finds a member's pending pre-bookings, whose number the quota limits.
   *
   * @param onUnreadable gets the error of each item that cannot be decoded and may be one of them. By default, it is logged.
   */
  async findPending(email: string, onUnreadable: OnUnreadable = this.#logUnreadable): Promise<readonly Pending[]> {
    return (await this.#quota.findCounted(email, onUnreadable)).filter((prebooking) => prebooking.status === 'pending');
  }

  /**
   * Finds a member's orders of one class, under any slot id (index `byClass`: PK `email`, SK `classStartsAt`). A member seldom
   * orders several classes that start at the same time, so the orders fit on one page.
   *
   * @param onUnreadable gets the error of each item with that start that cannot be decoded. By default, it is logged.
   */
  async findByClass(
    email: string,
    { box, familyId, className, classStartsAt }: Pick<WantedClass, 'box' | 'familyId' | 'className' | 'classStartsAt'>,
    onUnreadable: OnUnreadable = this.#logUnreadable,
  ): Promise<readonly Prebooking[]> {
    const { Items = [] } = await this.#table.documents.send(
      new QueryCommand({
        TableName: this.#table.table,
        IndexName: 'byClass',
        Select: 'ALL_ATTRIBUTES',
        KeyConditionExpression: 'email = :email AND classStartsAt = :start',
        ExpressionAttributeValues: { ':email': email, ':start': toIso(classStartsAt) },
        ConsistentRead: true,
      }),
    );
    return Items.filter((item) => !isPastTimeToLive(item, this.#clock.now()))
      .map((item) => decodeReadable(item, decodePrebooking, onUnreadable))
      .filter((order) => order !== undefined)
      .filter((order) => order.box === box && order.familyId === familyId && isSameName(order.className, className));
  }

  readonly #logUnreadable = (error: unknown): void =>
    this.#logger.error('unexpected-error', error, { during: 'find-prebookings' });
}

/**
 * Finds the pre-booking that made a member's booking. Reads all of the member's pre-bookings, with consistent reads.
 *
 * @returns undefined if no pre-booking made it.
 */
export async function findPrebooked(
  { documents, table }: PrebookingTable,
  email: string,
  { box, bookingId }: BookingRef,
): Promise<Prebooking | undefined> {
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: table,
      KeyConditionExpression: 'email = :email',
      FilterExpression: 'box = :box AND #result.bookingId = :booking',
      ExpressionAttributeNames: { '#result': 'result' },
      ExpressionAttributeValues: { ':email': email, ':box': box, ':booking': bookingId },
      ConsistentRead: true,
    },
  );
  for await (const { Items = [] } of pages) {
    const [booked] = Items.map(decodePrebooking);
    if (booked) return booked;
  }
  return undefined;
}
