import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { PrebookingKey } from '../../../lib/prebookings/prebooking.ts';

/** Makes a stored pre-booking one that cannot be decoded. @param className what is stored instead of the name. */
export const makeUnreadable = (documents: Documents, { email, id }: PrebookingKey, className: unknown = 7) =>
  documents.send(
    new UpdateCommand({
      TableName: 'prebookings',
      Key: { email, id },
      UpdateExpression: 'SET className = :name',
      ExpressionAttributeValues: { ':name': className },
    }),
  );

/**
 * Makes the stored record of a booking one that cannot be decoded.
 *
 * @param booking the record's key.
 * @param path the attribute that is spoilt.
 */
export const makeRecordUnreadable = (documents: Documents, email: string, booking: string, path = 'booked') =>
  documents.send(
    new UpdateCommand({
      TableName: 'bookings',
      Key: { email, booking },
      UpdateExpression: `SET ${path} = :number`,
      ExpressionAttributeValues: { ':number': 7 },
    }),
  );
