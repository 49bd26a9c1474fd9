import { createHash, randomBytes } from 'node:crypto';
import { DeleteCommand, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, toIso, updateIf } from '../platform/dynamodb.ts';
import { decodeReadable, type OnUnreadable, StoredInstant } from '../platform/stored-fields.ts';
import type { Revisions } from './revisions.ts';

const SECRET_BYTES = 32;

const Owner = z.object({ email: z.string() });
const CreatedItem = z.object({ createdAt: StoredInstant });
const decodeCreated = (item: unknown): Instant => CreatedItem.parse(item).createdAt;
const FeedItem = z.object({
  secretHash: z.string(),
  savedTimes: z._default(z.number(), 0),
  revisions: z._default(z.record(z.string(), z.object({ digest: z.string(), changedAt: StoredInstant })), {}),
});

/** A member's feed. */
export type Feed = {
  readonly email: string;
  readonly secretHash: string;
  /** The revisions of the feed's events. */
  readonly revisions: Revisions;
  /** How often revisions have been saved, for an optimistic lock. */
  readonly savedTimes: number;
};

/**
 * Stores the secrets of calendar feeds, and the revisions of their events (table: PK `email`; index `bySecret`). A member has
 * one item and therefore one secret: a new secret replaces the old one in the same write. Only the secret's hash is stored.
 * The revisions stay, because the new feed shows the same events.
 */
export class CalendarStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Issues a new secret. The secret cannot be read again later, because only its hash is stored. */
  async issue(email: string, now: Instant): Promise<string> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { email },
        UpdateExpression: 'SET secretHash = :hash, createdAt = :now',
        ExpressionAttributeValues: { ':hash': hash(secret), ':now': toIso(now) },
      }),
    );
    return secret;
  }

  /** Deletes a member's feed with its revisions. */
  async revoke(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { email } }));
  }

  /**
   * Finds when a member's feed got its secret.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the result is then undefined.
   * @returns undefined if there is no feed.
   */
  async findCreated(email: string, onUnreadable: OnUnreadable): Promise<Instant | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    return Item && decodeReadable(Item, decodeCreated, onUnreadable);
  }

  /** Finds the feed of a secret. The index may lag behind, so a strongly consistent read of the item confirms the secret. */
  async findFeed(secret: string): Promise<Feed | undefined> {
    const secretHash = hash(secret);
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'bySecret',
        KeyConditionExpression: 'secretHash = :hash',
        ExpressionAttributeValues: { ':hash': secretHash },
      }),
    );
    const [Key] = Items.map((item) => Owner.parse(item));
    if (!Key) return undefined;
    const { Item } = await this.#documents.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    const feed = Item && FeedItem.parse(Item);
    if (feed?.secretHash !== secretHash) return undefined;
    return { ...Key, ...feed, revisions: new Map(Object.entries(feed.revisions)) };
  }

  /** Saves the revisions of a feed's events. @returns false if the feed was revoked or saved since it was read. */
  saveRevisions({ email, secretHash, savedTimes }: Feed, revisions: Revisions): Promise<boolean> {
    const stored = [...revisions].map(([id, { digest, changedAt }]) => [id, { digest, changedAt: toIso(changedAt) }]);
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET revisions = :revisions, savedTimes = :next',
      ConditionExpression:
        savedTimes === 0
          ? 'secretHash = :hash AND attribute_not_exists(savedTimes)'
          : 'secretHash = :hash AND savedTimes = :seen',
      ExpressionAttributeValues: {
        ':revisions': Object.fromEntries(stored),
        ':next': savedTimes + 1,
        ':hash': secretHash,
        ...(savedTimes > 0 && { ':seen': savedTimes }),
      },
    });
  }
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
