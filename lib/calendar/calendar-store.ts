import { createHash, randomBytes } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, toIso } from '../platform/dynamodb.ts';

const SECRET_BYTES = 32;

const Owner = z.object({ email: z.string() });
const Feed = z.object({ secretHash: z.string() });

/**
 * Who reads whose calendar (table: PK `email`; index `bySecret`). A member has one item, so one secret: issuing another is
 * one write that ends the one before, also of two at once. Only its hash is kept.
 */
export function calendarStore({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  /** @returns the secret, which is told this once. */
  async function issue(email: string, now: Instant): Promise<string> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const Item = { email, secretHash: hashOf(secret), createdAt: toIso(now) };
    await documents.send(new PutCommand({ TableName: table, Item }));
    return secret;
  }

  async function revoke(email: string): Promise<void> {
    await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
  }

  /** The index may lag behind; the item itself, read consistently, tells whether the secret is still the one. */
  async function findOwner(secret: string): Promise<string | undefined> {
    const secretHash = hashOf(secret);
    const { Items = [] } = await documents.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'bySecret',
        KeyConditionExpression: 'secretHash = :hash',
        ExpressionAttributeValues: { ':hash': secretHash },
      }),
    );
    const [Key] = Items.map((item) => Owner.parse(item));
    if (!Key) return undefined;
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item && Feed.parse(Item).secretHash === secretHash ? Key.email : undefined;
  }

  return { issue, revoke, findOwner };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
