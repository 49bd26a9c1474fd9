import { randomUUID } from 'node:crypto';
import type { Box } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso, updateAndReadIf } from '../platform/dynamodb.ts';
import type { KeySource } from '../platform/secrets.ts';
import { isBackgroundFingerprint } from './fingerprint.ts';
import { hashBucket, type Session, type SessionKey } from './session.ts';
import { decodeSession, encryptTokens, type SessionTable } from './session-record.ts';

/** A session that a login at AimHarder has just made. */
export type NewSession = SessionKey & {
  readonly token: string;
  readonly cookies: readonly Cookie[];
  readonly boxes: readonly Box[];
  /** When AimHarder made the session; now, if absent. */
  readonly loggedInAt?: Instant;
  /** Device sessions only: the hash of the device's access token, and the member's name for the device. */
  readonly device?: NewDevice;
};

export type NewDevice = { readonly accessTokenHash: string | null; readonly name: string | null };

export type NewSessionDeps = SessionTable & {
  readonly secrets: KeySource;
  /** How many partitions the refresh index has. */
  readonly refreshPartitions: number;
};

/** The attributes that a login gives to every kind of session. */
export type SessionItemAttributes = SessionKey & {
  readonly boxes: readonly Box[];
  readonly state: string;
  readonly tokenVersion: string;
  readonly updatedAt: string;
  readonly lastTokenUpdateAt: string;
  readonly loggedInAt: string;
  readonly refreshSlot: number;
  readonly token: string;
  readonly cookies: string;
};

/** Builds the attributes of a new session's item, and encrypts its tokens. */
export async function buildItem(
  { clock, secrets, refreshPartitions }: NewSessionDeps,
  fresh: NewSession,
): Promise<SessionItemAttributes> {
  const { email, fingerprint, boxes, loggedInAt } = fresh;
  const now = clock.now();
  const item = {
    email,
    fingerprint,
    boxes,
    state: 'active',
    tokenVersion: randomUUID(),
    updatedAt: toIso(now),
    lastTokenUpdateAt: toIso(now),
    loggedInAt: toIso(loggedInAt ?? now),
    refreshSlot: hashBucket(fresh, refreshPartitions),
  };
  return { ...item, ...(await encryptTokens(secrets, fresh, fresh)) };
}

/**
 * Stores a background session if a condition is met. An earlier session's `createdAt`, refresh count and reservation stay.
 *
 * @param condition may name the new attributes as `#name`, and their values as `:name`.
 * @param values further values that the condition names.
 * @returns undefined if the condition was not met.
 */
export async function storeBackground(
  { documents, table }: NewSessionDeps,
  item: SessionItemAttributes,
  condition: string,
  values: Readonly<Record<string, string>> = {},
): Promise<Session | undefined> {
  if (!isBackgroundFingerprint(item.fingerprint))
    throw new Error('A background session needs a background fingerprint.');
  const { email, fingerprint, ...attributes } = item;
  const changes = Object.entries({ ...attributes, sessionType: 'background', protected: true });
  const assignments = changes.map(([name]) => `#${name} = :${name}`).join(', ');
  const update = {
    TableName: table,
    Key: { email, fingerprint },
    UpdateExpression: `SET ${assignments},
          createdAt = if_not_exists(createdAt, :updatedAt), tokenUpdateCount = if_not_exists(tokenUpdateCount, :zero)
          REMOVE refreshingUntil, lastTokenUpdateError, untold, loginFingerprint`,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(changes.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(changes.map(([name, value]) => [`:${name}`, value])),
      ':zero': 0,
      ...values,
    },
  };
  const stored = await updateAndReadIf(documents, update, { tokenVersion: item.tokenVersion });
  return stored && decodeSession(stored);
}
