import { createHash } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, deleteIf, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { settleAll } from '../platform/settle-all.ts';
import { OptionalInstant, OptionalText, StoredInstant } from '../platform/stored-fields.ts';

/** A browser that gets a member's messages. */
export type PushSubscription = {
  readonly email: string;
  /** The hash of the endpoint. */
  readonly id: string;
  /** The URL at which the browser's push service takes messages. */
  readonly endpoint: string;
  /** The browser's keys, encrypted (`encryptKeys`). */
  readonly encryptedKeys: string;
  /** The fingerprint of the device that has subscribed. */
  readonly fingerprint: string;
  readonly createdAt: Instant;
  /** A random id, which is new each time the browser subscribes. */
  readonly version: string;
  /** Since when the push service has accepted no message; null if it has accepted the last one. */
  readonly failingSince: Instant | null;
  readonly lastError: string | null;
};

type Key = Pick<PushSubscription, 'email' | 'id'>;
type NewSubscription = Omit<PushSubscription, 'id' | 'failingSince' | 'lastError'>;

const KeyItem = z.object({ email: z.string(), id: z.string() });

/** An item whose fingerprint may be unreadable. */
const OwnedItem = z.extend(KeyItem, { fingerprint: z.catch(z.optional(z.string()), undefined) });

const StoredItem = z.extend(KeyItem, {
  endpoint: z.string(),
  encryptedKeys: z.string(),
  fingerprint: z.string(),
  createdAt: StoredInstant,
  version: z.string(),
  failingSince: OptionalInstant,
  lastError: OptionalText,
});

/** The most browsers of one member: as many as devices. If there are more, the oldest are removed. */
const MAX_BROWSERS = 20;

const VERSION_UNCHANGED = 'version = :seen';

/** Computes a subscription's id: the first 192 bits of the hash of its endpoint. */
export const subscriptionId = (endpoint: string): string =>
  createHash('sha256').update(endpoint).digest('base64url').slice(0, 32);

const keyOf = ({ email, id }: Key) => ({ email, id });

/**
 * Stores the browsers that get members' messages (table: PK `email`, SK `id`; index `byEndpoint`: PK `id`). A browser has one
 * owner: the member who subscribed last on it. Reads are strongly consistent, except those of the index.
 */
export class PushSubscriptions {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Stores a browser for a member. Another member who has subscribed on that browser before gets no more messages there. */
  async put(subscription: NewSubscription): Promise<void> {
    const { email, endpoint, createdAt } = subscription;
    const id = subscriptionId(endpoint);
    const Item = { ...subscription, id, createdAt: toIso(createdAt) };
    await this.#documents.send(new PutCommand({ TableName: this.#table, Item }));
    for await (const items of this.#queryPages('id', id))
      await this.#removeAll(items.map((item) => KeyItem.parse(item)).filter((key) => key.email !== email));
    await this.#removeAll((await this.list(email)).slice(0, -MAX_BROWSERS));
  }

  async find(key: Key): Promise<PushSubscription | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: keyOf(key), ConsistentRead: true }),
    );
    return Item && StoredItem.parse(Item);
  }

  /** Lists a member's browsers, the oldest first. An item that cannot be decoded is left out, so its browser gets no messages. */
  async list(email: string): Promise<readonly PushSubscription[]> {
    const all: PushSubscription[] = [];
    for await (const items of this.#queryPages('email', email))
      all.push(...items.flatMap((item) => StoredItem.safeParse(item).data ?? []));
    return all.toSorted((one, other) => one.createdAt - other.createdAt);
  }

  async remove(email: string, endpoint: string): Promise<void> {
    await this.#removeAll([{ email, id: subscriptionId(endpoint) }]);
  }

  /**
   * Removes the browsers of a member's device; without `fingerprint`, all browsers of the member. An item whose fingerprint
   * cannot be read is removed too: its browser gets no messages, and may be that device's.
   */
  async removeAllOf(email: string, fingerprint?: string): Promise<void> {
    for await (const items of this.#queryPages('email', email)) {
      const owned = items.map((item) => OwnedItem.parse(item));
      await this.#removeAll(
        owned.filter((item) => fingerprint === undefined || (item.fingerprint ?? fingerprint) === fingerprint),
      );
    }
  }

  /** Removes a browser that accepts no more messages. @returns false if it has subscribed again since. */
  removeSeen(seen: PushSubscription): Promise<boolean> {
    return deleteIf(this.#documents, {
      TableName: this.#table,
      Key: keyOf(seen),
      ConditionExpression: VERSION_UNCHANGED,
      ExpressionAttributeValues: { ':seen': seen.version },
    });
  }

  /** Records a failed try. @returns since when no message was accepted; undefined if the browser has subscribed again since. */
  async recordFailure(seen: PushSubscription, error: string, now: Instant): Promise<Instant | undefined> {
    const update = {
      TableName: this.#table,
      Key: keyOf(seen),
      UpdateExpression: 'SET lastError = :error, failingSince = if_not_exists(failingSince, :now)',
      ConditionExpression: VERSION_UNCHANGED,
      ExpressionAttributeValues: { ':error': error, ':now': toIso(now), ':seen': seen.version },
    };
    const updated = await updateAndReadIf(this.#documents, update, 'repeatable');
    return (updated && StoredItem.parse(updated).failingSince) ?? undefined;
  }

  /**
   * Records why a test has failed, so that the settings show it as the last error. Unlike `recordFailure`, this does not bring
   * the end of the subscription nearer.
   *
   * @returns false if the browser has subscribed again since.
   */
  recordLastError(seen: PushSubscription, error: string): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: keyOf(seen),
      UpdateExpression: 'SET lastError = :error',
      ConditionExpression: VERSION_UNCHANGED,
      ExpressionAttributeValues: { ':error': error, ':seen': seen.version },
    };
    return updateIf(this.#documents, update, 'repeatable');
  }

  /** Records that a message was accepted. @returns false if the browser has subscribed again since. */
  recordSuccess(seen: PushSubscription): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: keyOf(seen),
      UpdateExpression: 'REMOVE failingSince, lastError',
      ConditionExpression: VERSION_UNCHANGED,
      ExpressionAttributeValues: { ':seen': seen.version },
    };
    return updateIf(this.#documents, update, 'repeatable');
  }

  async *#queryPages(name: 'email' | 'id', value: string): AsyncGenerator<readonly unknown[]> {
    const query = {
      TableName: this.#table,
      ...(name === 'id' ? { IndexName: 'byEndpoint' } : { ConsistentRead: true }),
      KeyConditionExpression: `${name} = :value`,
      ExpressionAttributeValues: { ':value': value },
    };
    for await (const { Items = [] } of paginateQuery({ client: this.#documents }, query)) yield Items;
  }

  async #removeAll(keys: readonly Key[]): Promise<void> {
    const removals = keys.map((key) => new DeleteCommand({ TableName: this.#table, Key: keyOf(key) }));
    await settleAll(removals.map((removal) => this.#documents.send(removal)));
  }
}
