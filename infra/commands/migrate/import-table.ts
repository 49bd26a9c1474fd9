import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, putIf } from '../../../lib/platform/dynamodb.ts';
import type { SessionItem } from './import-item.ts';

/** A session in the table, as far as an import needs it. */
const StoredSession = z.object({
  fingerprint: z.string(),
  sessionType: z.optional(z.string()),
  state: z.optional(z.string()),
  updatedAt: z.optional(z.string()),
  loggedInAt: z.optional(z.string()),
});
export type StoredSession = z.infer<typeof StoredSession>;

type Table = { readonly documents: Documents; readonly table: string };

/** Reads all sessions of a member, ended ones included: an import must not bring those back. */
export async function readStoredSessions({ documents, table }: Table, email: string): Promise<StoredSession[]> {
  const query = {
    TableName: table,
    KeyConditionExpression: 'email = :email',
    ExpressionAttributeValues: { ':email': email },
    ProjectionExpression: 'fingerprint, sessionType, #state, updatedAt, loggedInAt',
    ExpressionAttributeNames: { '#state': 'state' },
    ConsistentRead: true,
  };
  const sessions: StoredSession[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, query))
    sessions.push(...Items.map((item) => StoredSession.parse(item)));
  return sessions;
}

/**
 * Whether a session in the table may be replaced by an item. An active session may not: a login or an
 * earlier import made it, and it has been refreshed since. A session that needs a login gives way to a new item that is proven
 * alive (`active`). It gives way to an unproven item only if an import, and no login, wrote the session, from an older row.
 */
export const givesWay = (stored: StoredSession, item: SessionItem): boolean =>
  stored.state === 'login-required' &&
  (item.state === 'active' || (stored.loggedInAt === undefined && (stored.updatedAt ?? '') < item.updatedAt));

/** `givesWay` as a condition of DynamoDB on the stored session, by the state of the new item. */
const GIVES_WAY_TO = {
  active: '#state = :required',
  'login-required': '#state = :required AND attribute_not_exists(loggedInAt) AND updatedAt < :updatedAt',
};

/** Writes a session. @returns false when the table holds one that does not give way. */
export function putIfFree({ documents, table }: Table, item: SessionItem): Promise<boolean> {
  const input = {
    TableName: table,
    Item: item,
    ConditionExpression: `attribute_not_exists(email) OR (${GIVES_WAY_TO[item.state]})`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':required': 'login-required',
      ...(item.state === 'login-required' && { ':updatedAt': item.updatedAt }),
    },
  };
  return putIf(documents, input, { tokenVersion: item.tokenVersion });
}

/**
 * Whether a write failed because of the item itself. DynamoDB's ValidationException has no class of its own. The marshaller
 * throws a plain Error before anything is sent. An error of the network may be a plain Error too, but carries the SDK's
 * `$metadata`.
 */
export const isItemFault = (error: unknown): boolean =>
  error instanceof DynamoDBServiceException
    ? error.name === 'ValidationException'
    : error instanceof Error && error.constructor === Error && !('$metadata' in error);
