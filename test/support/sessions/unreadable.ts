import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { type SessionKey, sessionKey } from '../../../lib/sessions/session.ts';

/** Makes a stored session one that cannot be decoded, by the value of one of its attributes. */
export const makeSessionUnreadable = (documents: Documents, key: SessionKey, attribute = 'state') =>
  documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: sessionKey(key),
      UpdateExpression: 'SET #attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': 'of a later version' },
    }),
  );
