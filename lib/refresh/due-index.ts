import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Documents } from '../platform/dynamodb.ts';
import { type SessionKey, sessionKey } from '../sessions/session.ts';

const Key = z.object({ email: z.string(), fingerprint: z.string() });

/**
 * Creates a function that reads the keys of the sessions in one partition of the refresh index, page by page. A session's
 * attribute `refreshSlot` holds its partition, not its slot: each slot of the timing wheel has several partitions. With `after`,
 * the function yields only the keys that come after that key.
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
