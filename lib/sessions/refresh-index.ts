import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Documents } from '../platform/dynamodb.ts';
import type { SessionKey } from './session.ts';

const Key = z.object({ email: z.string(), fingerprint: z.string() });

/** Keys of the sessions in one partition of the refresh index (sparse, keys only), a page at a time. */
export const refreshIndex = ({ documents, table }: { readonly documents: Documents; readonly table: string }) =>
  async function* keysIn(partition: number): AsyncGenerator<SessionKey> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        IndexName: 'byRefreshSlot',
        KeyConditionExpression: 'refreshSlot = :partition',
        ExpressionAttributeValues: { ':partition': partition },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => Key.parse(item));
  };
