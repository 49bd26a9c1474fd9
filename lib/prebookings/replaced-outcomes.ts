import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { keyOf, type PrebookingTable } from './conditions.ts';
import type { Prebooking, PrebookingKey } from './prebooking.ts';
import { decodePrebooking, UNPUBLISHED_SHARDS } from './prebooking-record.ts';

/**
 * Replaced outcomes sort before the member's quota (`#pending`). Lists of pre-bookings begin after the quota, so they contain none.
 */
const PREFIX = '#outcome#';

/**
 * Stores replaced outcomes (table of pre-bookings: PK `email`, SK `#outcome#<id>#<generation>`; index `unfinished`). A replaced
 * outcome was still to be published when its class was ordered again and the new order took the place of its item. It is in the
 * index until it is published, as the item was.
 */
export class ReplacedOutcomes {
  readonly #table: PrebookingTable;

  constructor(table: PrebookingTable) {
    this.#table = table;
  }

  /**
   * Copies the stored outcome to an item of its own if it is still to be published. Call this before the new order takes its place.
   *
   * @param key of the old and of the new order.
   */
  async keep(key: PrebookingKey): Promise<void> {
    const outcome = await this.#read(key);
    if (!outcome || !UNPUBLISHED_SHARDS.includes(outcome['openingShard'])) return;
    const { order, openingShard, opensAt, expiresAt } = outcome;
    const item = { email: key.email, id: `${PREFIX}${key.id}#${order}`, openingShard, opensAt, expiresAt, outcome };
    await this.#table.documents.send(new PutCommand({ TableName: this.#table.table, Item: item }));
  }

  /** Finds a replaced outcome: the pre-booking as it ended. @throws ZodError if it cannot be decoded. */
  async find(key: PrebookingKey): Promise<Prebooking | undefined> {
    const item = await this.#read(key);
    return item && decodePrebooking(item['outcome']);
  }

  /** Deletes a replaced outcome. @param key as the index lists it. */
  async remove(key: PrebookingKey): Promise<void> {
    await this.#table.documents.send(new DeleteCommand({ TableName: this.#table.table, Key: keyOf(key) }));
  }

  async #read(key: PrebookingKey) {
    const { documents, table } = this.#table;
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }));
    return Item;
  }
}

/** Checks whether a key of the index is that of a replaced outcome. */
export const isReplacedOutcome = ({ id }: PrebookingKey): boolean => id.startsWith(PREFIX);
