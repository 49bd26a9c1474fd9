import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, held } from '../platform/dynamodb.ts';

/** No e-mail starts with "#": the cursor shares the sessions' table and is none of them. */
const CURSOR_KEY = { email: '#refresh', fingerprint: 'cursor' };

const Cursor = z.object({ minute: z.number() });

export type RefreshCursor = ReturnType<typeof refreshCursor>;

/** The last minute whose slot was refreshed. It only moves forward: of two runs for one minute, one gets it. */
export function refreshCursor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  async function handled(): Promise<number | undefined> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: CURSOR_KEY, ConsistentRead: true }));
    return Item && Cursor.parse(Item).minute;
  }

  const claim = (minute: number): Promise<boolean> =>
    held(
      documents.send(
        new UpdateCommand({
          TableName: table,
          Key: CURSOR_KEY,
          UpdateExpression: 'SET #minute = :minute',
          ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
          ExpressionAttributeNames: { '#minute': 'minute' },
          ExpressionAttributeValues: { ':minute': minute },
        }),
      ),
    );

  return { handled, claim };
}
