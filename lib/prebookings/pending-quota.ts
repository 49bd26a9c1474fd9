import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { updateIf } from '../platform/dynamodb.ts';
import { StoredTextSet } from '../platform/stored-fields.ts';
import type { PrebookingTable } from './conditions.ts';
import { isUnfinished, type Prebooking, type PrebookingKey } from './prebooking.ts';
import { QUOTA_ID } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

const QuotaItem = z.object({ pendingIds: z.optional(StoredTextSet), routineIds: z.optional(StoredTextSet) });

/** The pending orders of routines that a member may have: one for each routine. They do not count against the member's own. */
const ROUTINE_ALLOWANCE = 20;

/** An order, and the routine that placed it; null for the member's own order. */
type CountedOrder = PrebookingKey & { readonly routineId: string | null };

/**
 * Limits the number of a member's unfinished pre-bookings. One item per member (table of pre-bookings, SK `#pending`) holds
 * their ids in two sets, those of the member's own orders and those of routines, so that an id counts once, even if it is reserved
 * twice.
 */
export class PendingQuota {
  readonly #table: PrebookingTable;
  readonly #prebookings: Pick<PrebookingStore, 'find'>;

  constructor({ prebookings, ...table }: PrebookingTable & { readonly prebookings: Pick<PrebookingStore, 'find'> }) {
    this.#table = table;
    this.#prebookings = prebookings;
  }

  /**
   * Reserves quota. If none is left, first reclaims that of ended pre-bookings.
   *
   * @param limit for the member's own orders; routines have an allowance of their own.
   * @returns false at the limit.
   */
  async reserve(order: CountedOrder, limit: number): Promise<boolean> {
    if (await this.#add(order, limit)) return true;
    await this.reclaim(order.email);
    return this.#add(order, limit);
  }

  /** Frees the quota of a pre-booking. A second call changes nothing. */
  async release({ email, id }: PrebookingKey): Promise<void> {
    const change = {
      UpdateExpression: 'DELETE pendingIds :ids, routineIds :ids',
      // Without this condition, the update would create an empty item.
      ConditionExpression: 'attribute_exists(pendingIds) OR attribute_exists(routineIds)',
      ExpressionAttributeValues: { ':ids': new Set([id]) },
    };
    await this.#update(email, change);
  }

  /**
   * Frees the quota of ended pre-bookings whose process died before it could release the quota.
   * An id without an item keeps its quota: its order may be about to be written.
   */
  async reclaim(email: string): Promise<void> {
    const ended = (await this.findCounted(email)).filter((prebooking) => !isUnfinished(prebooking));
    await Promise.all(ended.map((prebooking) => this.release(prebooking)));
  }

  /** Finds the pre-bookings that count against a member's quota. */
  async findCounted(email: string): Promise<readonly Prebooking[]> {
    const Key = { email, id: QUOTA_ID };
    const { Item = {} } = await this.#table.documents.send(
      new GetCommand({ TableName: this.#table.table, Key, ConsistentRead: true }),
    );
    const { pendingIds = new Set<string>(), routineIds = new Set<string>() } = QuotaItem.parse(Item);
    const found = await Promise.all([...pendingIds, ...routineIds].map((id) => this.#prebookings.find({ email, id })));
    return found.filter((prebooking) => prebooking !== undefined);
  }

  #add({ email, id, routineId }: CountedOrder, limit: number): Promise<boolean> {
    const ids = routineId === null ? 'pendingIds' : 'routineIds';
    return this.#update(email, {
      UpdateExpression: 'ADD #ids :ids',
      ConditionExpression: 'attribute_not_exists(#ids) OR contains(#ids, :id) OR size(#ids) < :limit',
      ExpressionAttributeNames: { '#ids': ids },
      ExpressionAttributeValues: {
        ':ids': new Set([id]),
        ':id': id,
        ':limit': routineId === null ? limit : ROUTINE_ALLOWANCE,
      },
    });
  }

  /** Updates the sets of ids. Applying such an update twice changes nothing more. */
  #update(email: string, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> {
    const { documents, table } = this.#table;
    return updateIf(documents, { TableName: table, Key: { email, id: QUOTA_ID }, ...change }, 'repeatable');
  }
}
