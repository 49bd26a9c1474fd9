import { DeleteCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../platform/dynamodb.ts';
import { settleAll } from '../platform/settle-all.ts';
import { ACCOUNT_TABLES, type AccountTable, type TableNames } from './account-tables.ts';

export type EraseDeps = { readonly documents: Documents; readonly tables: TableNames };

type ItemKey = Readonly<Record<string, unknown>>;

/** How many items are read as one page and then deleted at the same time. */
const PAGE_SIZE = 10;

/**
 * Deletes a member's items in a table, even those that this version cannot decode. If a call has failed, another call deletes the
 * rest.
 *
 * @param isKept whether the item with a given sort key stays.
 */
export async function erase(
  { documents, tables }: EraseDeps,
  table: AccountTable,
  email: string,
  isKept: (sortKey: unknown) => boolean = () => false,
): Promise<void> {
  const definition = ACCOUNT_TABLES[table];
  const TableName = tables[table];
  const deleteItem = (Key: ItemKey) => documents.send(new DeleteCommand({ TableName, Key }));
  if (!('sortKey' in definition)) {
    await deleteItem({ email });
    return;
  }
  const { sortKey } = definition;
  const pages = paginateQuery(
    { client: documents, pageSize: PAGE_SIZE },
    {
      TableName,
      KeyConditionExpression: 'email = :email',
      // An item is read as its key only, which its deletion needs.
      ProjectionExpression: 'email, #sort',
      ExpressionAttributeNames: { '#sort': sortKey },
      ExpressionAttributeValues: { ':email': email },
      ConsistentRead: true,
    },
  );
  for await (const { Items = [] } of pages)
    await settleAll(Items.filter((item) => !isKept(item[sortKey])).map((item) => deleteItem(item)));
}
