import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, putIf } from '../../../lib/platform/dynamodb.ts';
import type { SessionItem } from './import-item.ts';

/** A session in the table, as far as an import needs it. */
const Occupant = z.object({
  fingerprint: z.string(),
  sessionType: z.optional(z.string()),
  state: z.optional(z.string()),
  updatedAt: z.optional(z.string()),
  loggedInAt: z.optional(z.string()),
});
export type Occupant = z.infer<typeof Occupant>;

type Table = { readonly documents: Documents; readonly table: string };

/** Reads all sessions of a member, ended ones included: an import must not bring those back. */
export async function readOccupants({ documents, table }: Table, email: string): Promise<Occupant[]> {
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
 * Whether a session in the table may be replaced. An active session never is: a login made it, or an earlier import that has
 * been refreshed since. A session that needs a login gives way to one proven alive. It gives way to an unproven one only if
 * an import wrote it from an older row.
 */
export const givesWay = (occupant: Occupant, to: SessionItem): boolean =>
  occupant.state === 'login-required' &&
  (to.state === 'active' || (occupant.loggedInAt === undefined && (occupant.updatedAt ?? '') < to.updatedAt));

/** `givesWay` as conditions of DynamoDB. */
const GIVES_WAY = {
  active: '#state = :required',
  'login-required': '#state = :required AND attribute_not_exists(loggedInAt) AND updatedAt < :updatedAt',
};

/** Writes a session. @returns false when the table holds one that does not give way. */
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
 * Whether a write failed because of the item itself. DynamoDB's ValidationException has no class of its own. The marshaller
 * throws a bare Error before anything is sent; errors of the network carry the SDK's `$metadata`.
 */
export const isItemFault = (error: unknown): boolean =>
  error instanceof DynamoDBServiceException
    ? error.name === 'ValidationException'
    : error instanceof Error && error.constructor === Error && !('$metadata' in error);
