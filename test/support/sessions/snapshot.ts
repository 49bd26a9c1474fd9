import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { decrypt } from '../../../lib/platform/encryption.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { decodeSession } from '../../../lib/sessions/session-record.ts';
import { type IssuedToken, parseToken } from './aimharder-model.ts';
import { storeKeys } from './session-world.ts';

export type StoredSession = {
  readonly session: Session;
  readonly token: IssuedToken;
  /** Whether the wheel refreshes it. */
  readonly isInWheel: boolean;
};

/** A member's stored sessions by fingerprint, and the kept password. */
export type Snapshot = {
  readonly sessions: ReadonlyMap<string, StoredSession>;
  readonly hasCredentials: boolean;
  readonly password: string | undefined;
};

/** Reads a member's stored sessions and kept password. */
export async function readSnapshot(engine: Documents, email: string): Promise<Snapshot> {
  const { Items = [] } = await engine.send(
    new QueryCommand({
      TableName: 'sessions',
      KeyConditionExpression: 'email = :email',
      ExpressionAttributeValues: { ':email': email },
      ConsistentRead: true,
    }),
  );
  const { Item } = await engine.send(new GetCommand({ TableName: 'credentials', Key: { email } }));
  const envelope = Item?.['password'];
  return {
    sessions: new Map(Items.map(readStored).map((stored) => [stored.session.fingerprint, stored])),
    hasCredentials: Item !== undefined,
    password: envelope && decrypt(storeKeys, envelope, [email, 'password']),
  };
}

function readStored(item: object): StoredSession {
  const session = decodeSession(item);
  const token = decrypt(storeKeys, session.encryptedToken, [session.email, session.fingerprint, 'token']);
  return { session, token: parseToken(token), isInWheel: 'refreshSlot' in item };
}
