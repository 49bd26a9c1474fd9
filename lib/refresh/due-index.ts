import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Documents } from '../platform/dynamodb.ts';
import { type SessionKey, sessionKey } from '../sessions/session.ts';

const Key = z.object({ email: z.string(), fingerprint: z.string() });

/**
 * Reads the keys of the sessions in one partition of the refresh index (sparse, keys only), page by page.
 *
 * @returns a function of the partition; with `after`, it yields only the keys that come after that one.
 */
export const dueIndex = ({ documents, table }: { readonly documents: Documents; readonly table: string }) =>
  async function* keysIn(partition: number, after?: SessionKey): AsyncGenerator<SessionKey> {
    const pages = paginateQuery(
      { client: documents, ...(after && { startingToken: { refreshSlot: partition, ...sessionKey(after) } }) },
      {
        TableName: table,
        IndexName: 'byRefreshSlot',
        KeyConditionExpression: 'refreshSlot = :partition',
        ExpressionAttributeValues: { ':partition': partition },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => Key.parse(item));
  };
