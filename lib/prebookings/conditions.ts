import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Documents, type Evidence, updateIf } from '../platform/dynamodb.ts';
import type { Prebooking, PrebookingKey } from './prebooking.ts';

export type PrebookingTable = { readonly documents: Documents; readonly table: string };

/** A DynamoDB expression, with the names and values of its placeholders. */
export type Expression = {
  readonly text: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
};

// The functions `has…` build conditions of writes. A generation is stored as `order`, and a lease as `attempt`.

export const hasStatus = (statuses: readonly Prebooking['status'][]): Expression => {
  const values = Object.fromEntries(statuses.map((status, index) => [`:status${index}`, status]));
  return { text: `#status IN (${Object.keys(values).join(', ')})`, names: { '#status': 'status' }, values };
};

export const hasGeneration = (generation: number): Expression => ({
  text: '#order = :order',
  names: { '#order': 'order' },
  values: { ':order': generation },
});

export const hasLease = (id: string): Expression => ({ text: 'attempt = :attempt', values: { ':attempt': id } });

/** Joins conditions with AND, and adds the names and values of the change that they guard. */
export function onlyIf(conditions: readonly Expression[], change: Omit<Expression, 'text'> = {}) {
  const names = Object.assign({}, ...[change, ...conditions].map((part) => part.names));
  return {
    ConditionExpression: conditions.map(({ text }) => text).join(' AND '),
    // DynamoDB refuses an empty map.
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ExpressionAttributeValues: Object.assign({}, ...[change, ...conditions].map((part) => part.values)),
  } satisfies Partial<UpdateCommandInput>;
}

/** Updates a pre-booking if all conditions are met. @param evidence as for `updateIf`. @returns whether it was updated. */
export const updatePrebooking = (
  { documents, table }: PrebookingTable,
  key: PrebookingKey,
  change: Expression,
  conditions: readonly Expression[],
  evidence?: Evidence,
): Promise<boolean> =>
  updateIf(
    documents,
    { TableName: table, Key: keyOf(key), UpdateExpression: change.text, ...onlyIf(conditions, change) },
    evidence,
  );

export const keyOf = ({ email, id }: PrebookingKey) => ({ email, id });
