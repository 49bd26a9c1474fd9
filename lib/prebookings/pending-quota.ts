import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Instant, MINUTE } from '../platform/clock.ts';
import { toIso, updateIf } from '../platform/dynamodb.ts';
import { type OnUnreadable, StoredInstant, StoredTextSet } from '../platform/stored-fields.ts';
import type { PrebookingTable } from './conditions.ts';
import { isUnfinished, type Prebooking, type PrebookingKey } from './prebooking.ts';
import { QUOTA_ID } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { releaseQuota } from './release-quota.ts';

const QuotaItem = z.object({
  pendingIds: z.optional(StoredTextSet),
  routineIds: z.optional(StoredTextSet),
  reservedAt: z.optional(StoredInstant),
});

/** How long after its reservation an order may still be written, in milliseconds. Functions that order run for 90 s at most. */
const WRITTEN_WITHIN = 2 * MINUTE;

/** The most unfinished orders of a member's routines: one for each routine. They do not count against the member's own limit. */
const ROUTINE_ALLOWANCE = 20;

/** An order, and the routine that placed it; null for the member's own order. */
type CountedOrder = PrebookingKey & { readonly routineId: string | null };

/**
 * Limits the number of a member's unfinished pre-bookings. One item per member (table of pre-bookings, SK `#pending`) has two
 * sets: the ids of the member's own orders, and those of routines' orders. In a set, an id that is reserved twice counts once. The
 * item also has the time of the last reservation.
 */
export class PendingQuota {
  readonly #table: PrebookingTable;
  readonly #prebookings: Pick<PrebookingStore, 'find'>;

  constructor({ prebookings, ...table }: PrebookingTable & { readonly prebookings: Pick<PrebookingStore, 'find'> }) {
    this.#table = table;
    this.#prebookings = prebookings;
  }

  /**
   * Reserves quota for an order. If no quota is left, first reclaims the quota that no pre-booking needs any more.
   *
   * @param limit for the member's own orders; routines have an allowance of their own.
   * @returns false if the limit is reached.
   */
  async reserve(order: CountedOrder, limit: number, now: Instant): Promise<boolean> {
    if (await this.#add(order, limit, now)) return true;
    await this.#reclaim(order.email, now);
    return this.#add(order, limit, now);
  }

  /** Frees the quota of a pre-booking. A second call changes nothing. */
  release(key: PrebookingKey): Promise<void> {
    return releaseQuota(this.#table, key);
  }

  /**
   * Frees the quota of ended pre-bookings whose process died before it could release the quota, and of orders without an item: such
   * an order was never written, or its item has been deleted. While the order that was reserved last may still be written, no order
   * without an item loses its quota. An item that cannot be decoded keeps its quota.
   */
  async #reclaim(email: string, now: Instant): Promise<void> {
    const { ids, reservedAt } = await this.#read(email);
    const missing: string[] = [];
    const reclaimOne = async (id: string): Promise<void> => {
      let isUnreadable = false;
      const found = await this.#prebookings.find({ email, id }, () => {
        isUnreadable = true;
      });
      if (found && !isUnfinished(found)) await this.release(found);
      if (!found && !isUnreadable) missing.push(id);
    };
    await Promise.all(ids.map(reclaimOne));
    const mayBeWritten = reservedAt !== undefined && reservedAt > now - WRITTEN_WITHIN;
    if (missing.length > 0 && !mayBeWritten) await this.#releaseMissing(email, missing, reservedAt);
  }

  /** Finds the pre-bookings that count against a member's quota. @param onUnreadable as for `PrebookingStore.list`. */
  async findCounted(email: string, onUnreadable?: OnUnreadable): Promise<readonly Prebooking[]> {
    const { ids } = await this.#read(email);
    const found = await Promise.all(ids.map((id) => this.#prebookings.find({ email, id }, onUnreadable)));
    return found.filter((prebooking) => prebooking !== undefined);
  }

  /** Reads the ids that count, and when the last one was reserved; that time is undefined in an item of an earlier version. */
  async #read(email: string): Promise<{ readonly ids: readonly string[]; readonly reservedAt: Instant | undefined }> {
    const Key = { email, id: QUOTA_ID };
    const { Item = {} } = await this.#table.documents.send(
      new GetCommand({ TableName: this.#table.table, Key, ConsistentRead: true }),
    );
    const { pendingIds = new Set<string>(), routineIds = new Set<string>(), reservedAt } = QuotaItem.parse(Item);
    return { ids: [...pendingIds, ...routineIds], reservedAt };
  }

  /** Frees the quota of orders without an item, unless any order has been reserved since `reservedAt`. */
  async #releaseMissing(email: string, ids: readonly string[], reservedAt: Instant | undefined): Promise<void> {
    const { documents, table } = this.#table;
    const update = {
      TableName: table,
      Key: { email, id: QUOTA_ID },
      UpdateExpression: 'DELETE pendingIds :ids, routineIds :ids',
      ConditionExpression: reservedAt === undefined ? 'attribute_not_exists(reservedAt)' : 'reservedAt = :seen',
      ExpressionAttributeValues: {
        ':ids': new Set(ids),
        ...(reservedAt !== undefined && { ':seen': toIso(reservedAt) }),
      },
    };
    await updateIf(documents, update, 'repeatable');
  }

  /** Adds the id of an order to its set. @returns false if the set is full. */
  #add({ email, id, routineId }: CountedOrder, limit: number, now: Instant): Promise<boolean> {
    const attribute = routineId === null ? 'pendingIds' : 'routineIds';
    const { documents, table } = this.#table;
    const update = {
      TableName: table,
      Key: { email, id: QUOTA_ID },
      UpdateExpression: 'SET reservedAt = :now ADD #ids :ids',
      ConditionExpression: 'attribute_not_exists(#ids) OR contains(#ids, :id) OR size(#ids) < :limit',
      ExpressionAttributeNames: { '#ids': attribute },
      ExpressionAttributeValues: {
        ':ids': new Set([id]),
        ':id': id,
        ':now': toIso(now),
        ':limit': routineId === null ? limit : ROUTINE_ALLOWANCE,
      },
    };
    // A second sending adds nothing more.
    return updateIf(documents, update, 'repeatable');
  }
}
