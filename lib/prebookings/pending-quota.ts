import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { updateIf } from '../platform/dynamodb.ts';
import { type OnUnreadable, StoredTextSet } from '../platform/stored-fields.ts';
import type { PrebookingTable } from './conditions.ts';
import { isUnfinished, type Prebooking, type PrebookingKey } from './prebooking.ts';
import { QUOTA_ID } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { releaseQuota } from './release-quota.ts';

const QuotaItem = z.object({ pendingIds: z.optional(StoredTextSet), routineIds: z.optional(StoredTextSet) });

/** The most unfinished orders of a member's routines: one for each routine. They do not count against the member's own limit. */
const ROUTINE_ALLOWANCE = 20;

/** An order, and the routine that placed it; null for the member's own order. */
type CountedOrder = PrebookingKey & { readonly routineId: string | null };

/**
 * Limits the number of a member's unfinished pre-bookings. One item per member (table of pre-bookings, SK `#pending`) has two
 * sets: the ids of the member's own orders, and those of routines' orders. In a set, an id that is reserved twice counts once.
 */
export class PendingQuota {
  readonly #table: PrebookingTable;
  readonly #prebookings: Pick<PrebookingStore, 'find'>;

  constructor({ prebookings, ...table }: PrebookingTable & { readonly prebookings: Pick<PrebookingStore, 'find'> }) {
    this.#table = table;
    this.#prebookings = prebookings;
  }

  /**
   * Reserves quota for an order. If no quota is left, first reclaims the quota of ended pre-bookings.
   *
   * @param limit for the member's own orders; routines have an allowance of their own.
   * @returns false if the limit is reached.
   */
  async reserve(order: CountedOrder, limit: number): Promise<boolean> {
    if (await this.#add(order, limit)) return true;
    await this.reclaim(order.email);
    return this.#add(order, limit);
  }

  /** Frees the quota of a pre-booking. A second call changes nothing. */
  release(key: PrebookingKey): Promise<void> {
    return releaseQuota(this.#table, key);
  }

  /**
   * Frees the quota of ended pre-bookings whose process died before it could release the quota.
   * An id without an item keeps its quota: its order may be about to be written. So does an item that cannot be decoded.
   */
  async reclaim(email: string): Promise<void> {
    const ended = (await this.findCounted(email, () => undefined)).filter((prebooking) => !isUnfinished(prebooking));
    await Promise.all(ended.map((prebooking) => this.release(prebooking)));
  }

  /** Finds the pre-bookings that count against a member's quota. @param onUnreadable as for `PrebookingStore.list`. */
  async findCounted(email: string, onUnreadable?: OnUnreadable): Promise<readonly Prebooking[]> {
    const Key = { email, id: QUOTA_ID };
    const { Item = {} } = await this.#table.documents.send(
      new GetCommand({ TableName: this.#table.table, Key, ConsistentRead: true }),
    );
    const { pendingIds = new Set<string>(), routineIds = new Set<string>() } = QuotaItem.parse(Item);
    const found = await Promise.all(
      [...pendingIds, ...routineIds].map((id) => this.#prebookings.find({ email, id }, onUnreadable)),
    );
    return found.filter((prebooking) => prebooking !== undefined);
  }

  /** Adds the id of an order to its set. @returns false if the set is full. */
  #add({ email, id, routineId }: CountedOrder, limit: number): Promise<boolean> {
    const attribute = routineId === null ? 'pendingIds' : 'routineIds';
    const { documents, table } = this.#table;
    const update = {
      TableName: table,
      Key: { email, id: QUOTA_ID },
      UpdateExpression: 'ADD #ids :ids',
      ConditionExpression: 'attribute_not_exists(#ids) OR contains(#ids, :id) OR size(#ids) < :limit',
      ExpressionAttributeNames: { '#ids': attribute },
      ExpressionAttributeValues: {
        ':ids': new Set([id]),
        ':id': id,
        ':limit': routineId === null ? limit : ROUTINE_ALLOWANCE,
      },
    };
    // A second sending adds nothing more.
    return updateIf(documents, update, 'repeatable');
  }
}
