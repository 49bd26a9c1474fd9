import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { updateIf } from '../platform/dynamodb.ts';
import { StoredTextSet } from '../platform/stored-fields.ts';
import type { PrebookingTable } from './conditions.ts';
import { isUnfinished, type Prebooking, type PrebookingKey } from './prebooking.ts';
import { QUOTA_ID } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

const QuotaItem = z.object({ pendingIds: z.optional(StoredTextSet) });

/**
 * Limits the number of a member's unfinished pre-bookings. One item per member (table of pre-bookings, SK `#pending`) holds
 * their ids in a set, so that an id counts once, even if it is reserved twice.
 */
export class PendingQuota {
  readonly #table: PrebookingTable;
  readonly #prebookings: Pick<PrebookingStore, 'find'>;

  constructor({ prebookings, ...table }: PrebookingTable & { readonly prebookings: Pick<PrebookingStore, 'find'> }) {
    this.#table = table;
    this.#prebookings = prebookings;
  }

  /** Reserves quota. If none is left, first reclaims that of ended pre-bookings. @returns false at the limit. */
  async reserve(key: PrebookingKey, limit: number): Promise<boolean> {
    if (await this.#add(key, limit)) return true;
    await this.reclaim(key.email);
    return this.#add(key, limit);
  }

  /** Frees the quota of a pre-booking. A second call changes nothing. */
  async release({ email, id }: PrebookingKey): Promise<void> {
    const change = {
      UpdateExpression: 'DELETE pendingIds :ids',
      // Without this condition, the update would create an empty item.
      ConditionExpression: 'attribute_exists(pendingIds)',
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
    const { pendingIds = new Set<string>() } = QuotaItem.parse(Item);
    const found = await Promise.all([...pendingIds].map((id) => this.#prebookings.find({ email, id })));
    return found.filter((prebooking) => prebooking !== undefined);
  }

  #add({ email, id }: PrebookingKey, limit: number): Promise<boolean> {
    return this.#update(email, {
      UpdateExpression: 'ADD pendingIds :ids',
      ConditionExpression: 'attribute_not_exists(pendingIds) OR contains(pendingIds, :id) OR size(pendingIds) < :limit',
      ExpressionAttributeValues: { ':ids': new Set([id]), ':id': id, ':limit': limit },
    });
  }

  /** Updates the set of ids. Applying such an update twice changes nothing more. */
  #update(email: string, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> {
    const { documents, table } = this.#table;
    return updateIf(documents, { TableName: table, Key: { email, id: QUOTA_ID }, ...change }, 'repeatable');
  }
}
