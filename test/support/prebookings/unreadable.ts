import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { PrebookingKey } from '../../../lib/prebookings/prebooking.ts';

/** Makes a stored pre-booking one that cannot be decoded. @param value what is stored instead of the name, or another attribute. */
export const makeUnreadable = (
  documents: Documents,
  { email, id }: PrebookingKey,
  value: unknown = 7,
  attribute = 'className',
) =>
  documents.send(
    new UpdateCommand({
      TableName: 'prebookings',
      Key: { email, id },
      UpdateExpression: 'SET #attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': value },
    }),
  );

/**
 * Makes the stored record of a booking one that cannot be decoded.
 *
 * @param booking the record's key.
 * @param path the attribute that is spoilt.
 */
export function makeRecordUnreadable(documents: Documents, email: string, booking: string, path = 'booked') {
  const names = path.split('.').map((name): [string, string] => [`#${name}`, name]);
  return documents.send(
    new UpdateCommand({
      TableName: 'bookings',
      Key: { email, booking },
      UpdateExpression: `SET ${names.map(([placeholder]) => placeholder).join('.')} = :number`,
      ExpressionAttributeNames: Object.fromEntries(names),
      ExpressionAttributeValues: { ':number': 7 },
    }),
  );
}
