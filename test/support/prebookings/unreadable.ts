import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { PrebookingKey } from '../../../lib/prebookings/prebooking.ts';

/** Makes a stored pre-booking one that cannot be decoded. */
export const makeUnreadable = (documents: Documents, { email, id }: PrebookingKey) =>
  documents.send(
    new UpdateCommand({
      TableName: 'prebookings',
      Key: { email, id },
      UpdateExpression: 'SET className = :number',
      ExpressionAttributeValues: { ':number': 7 },
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
