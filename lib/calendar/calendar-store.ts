import { createHash, randomBytes } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, toIso } from '../platform/dynamodb.ts';

const SECRET_BYTES = 32;

const Owner = z.object({ email: z.string() });
const Feed = z.object({ secretHash: z.string() });

/**
 * The secrets of calendar feeds (table: PK `email`; index `bySecret`). A member has one item, so one secret: issuing a new
 * one replaces the old one in the same write. Only the hash is stored.
 */
export class CalendarStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Issues a new secret. It cannot be read again later. */
  async issue(email: string, now: Instant): Promise<string> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const Item = { email, secretHash: hash(secret), createdAt: toIso(now) };
    await this.#documents.send(new PutCommand({ TableName: this.#table, Item }));
    return secret;
  }

  async revoke(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { email } }));
  }

  /** Finds the member whose feed a secret opens. The index may lag, so a consistent read of the item confirms the secret. */
  async findOwner(secret: string): Promise<string | undefined> {
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
    return Item && Feed.parse(Item).secretHash === secretHash ? Key.email : undefined;
  }
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
