import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, putIf } from '../../../lib/platform/dynamodb.ts';
import type { SessionItem } from './import-item.ts';

/** What the table holds of a member already, as far as an import has to know. */
const Occupant = z.object({
  fingerprint: z.string(),
  sessionType: z.optional(z.string()),
  state: z.optional(z.string()),
  updatedAt: z.optional(z.string()),
  loggedInAt: z.optional(z.string()),
});
export type Occupant = z.infer<typeof Occupant>;

type Table = { readonly documents: Documents; readonly table: string };

/** All of a member's, also those that have ended: an import brings none of them back. */
export async function occupantsOf({ documents, table }: Table, email: string): Promise<Occupant[]> {
  const query = {
    TableName: table,
    KeyConditionExpression: 'email = :email',
    ExpressionAttributeValues: { ':email': email },
    ProjectionExpression: 'fingerprint, sessionType, #state, updatedAt, loggedInAt',
    ExpressionAttributeNames: { '#state': 'state' },
    ConsistentRead: true,
  };
  const occupants: Occupant[] = [];
  for await (const { Items = [] } of paginateQuery({ client: documents }, query))
    occupants.push(...Items.map((item) => Occupant.parse(item)));
  return occupants;
}

/**
 * A live session is never replaced: not even by a proven one, because a login here made it, or an earlier import and
 * refreshes since. One that needs a login gives way to a proven one; to another only if an import wrote it, from an older row.
 */
export const givesWay = (occupant: Occupant, to: SessionItem): boolean =>
  occupant.state === 'login-required' &&
  (to.state === 'active' || (occupant.loggedInAt === undefined && (occupant.updatedAt ?? '') < to.updatedAt));

/** The same as a condition. */
const GIVES_WAY = {
  active: '#state = :required',
  'login-required': '#state = :required AND attribute_not_exists(loggedInAt) AND updatedAt < :updatedAt',
};

/** @returns false when something is there that does not give way. */
export function put({ documents, table }: Table, item: SessionItem): Promise<boolean> {
  return putIf(documents, {
    TableName: table,
    Item: item,
    ConditionExpression: `attribute_not_exists(email) OR (${GIVES_WAY[item.state]})`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':required': 'login-required',
      ...(item.state === 'login-required' && { ':updatedAt': item.updatedAt }),
    },
  });
}

/**
 * Whether a write failed for what was to be written. DynamoDB has no class for its ValidationException. What fails before
 * anything is sent is a bare Error of the marshaller's; the SDK adds `$metadata` to what happens on the way.
 */
export const isOfTheItem = (error: unknown): boolean =>
  error instanceof DynamoDBServiceException
    ? error.name === 'ValidationException'
    : error instanceof Error && error.constructor === Error && !('$metadata' in error);
