import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, putIf } from '../../../lib/platform/dynamodb.ts';
import type { SessionItem } from './import-item.ts';

/** The fields of a stored session that an import needs. */
const StoredSession = z.object({
  fingerprint: z.string(),
  sessionType: z.optional(z.string()),
  state: z.optional(z.string()),
  updatedAt: z.optional(z.string()),
  loggedInAt: z.optional(z.string()),
});
export type StoredSession = z.infer<typeof StoredSession>;

type Table = { readonly documents: Documents; readonly table: string };

/** Reads all sessions of a member, also those that have ended, because an import must not restore them. */
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
 * Checks whether an item may replace a stored session. An active session is never replaced, because it may have been refreshed
 * since a login or an earlier import wrote it. A session that needs a login is replaced by an item that is proven alive
 * (`active`). An unproven item replaces such a session only if an import, and no login, wrote the session from an older row.
 */
export const canBeReplacedBy = (stored: StoredSession, item: SessionItem): boolean =>
  stored.state === 'login-required' &&
  (item.state === 'active' || (stored.loggedInAt === undefined && (stored.updatedAt ?? '') < item.updatedAt));

/** `canBeReplacedBy` as a condition of DynamoDB on the stored session, by the state of the new item. */
const REPLACEABLE_BY = {
  active: '#state = :required',
  'login-required': '#state = :required AND attribute_not_exists(loggedInAt) AND updatedAt < :updatedAt',
};

/** Writes a session. @returns false if the table has a session that must not be replaced. */
export function putIfFree({ documents, table }: Table, item: SessionItem): Promise<boolean> {
  const input = {
    TableName: table,
    Item: item,
    ConditionExpression: `attribute_not_exists(email) OR (${REPLACEABLE_BY[item.state]})`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':required': 'login-required',
      ...(item.state === 'login-required' && { ':updatedAt': item.updatedAt }),
    },
  };
  return putIf(documents, input, { tokenVersion: item.tokenVersion });
}

/**
 * Checks whether a write failed because of the item itself. DynamoDB's ValidationException has no class of its own. The marshaller
 * throws a plain Error before anything is sent. A network error may also be a plain Error, but has the SDK's `$metadata`.
 */
export const isItemFault = (error: unknown): boolean =>
  error instanceof DynamoDBServiceException
    ? error.name === 'ValidationException'
    : error instanceof Error && error.constructor === Error && !('$metadata' in error);
