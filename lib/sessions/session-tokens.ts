import { randomUUID } from 'node:crypto';
import type { AimHarderSession } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import { toIso, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { loginWrites, type SessionTokensDeps } from './login-writes.ts';
import { refreshSlotOf, type Session, sessionKey } from './session.ts';
import { tokenEncryption } from './session-record.ts';
import { ALREADY_APPLIED, stateWrites } from './state-writes.ts';

export type SessionTokens = ReturnType<typeof sessionTokens>;

/**
 * Writes tokens and cookies, always both in one write, always to one fingerprint, always encrypted.
 * Every write but a login's states the `tokenVersion` it started from: a slow refresh can neither undo a login nor
 * revive an ended session. A login's states when it was made: a slow one does not undo the next.
 */
export function sessionTokens(deps: SessionTokensDeps) {
  const { documents, table, clock, secrets, sessions, refreshPartitions } = deps;
  const { sealed, open: decrypt } = tokenEncryption(secrets);

  /**
   * Stores the token and cookies that AimHarder gave for `seen`, and ends the caller's turn to refresh. The session lives:
   * whoever found it dead meanwhile had asked with the token before.
   *
   * @returns the session as it is now, or undefined when it is gone or has a newer token.
   */
  async function replaceTokens(
    seen: Session,
    fresh: Pick<AimHarderSession, 'token' | 'cookies'>,
  ): Promise<Session | undefined> {
    const envelope = await sealed(seen, fresh.token, fresh.cookies);
    const now = clock.now();
    const tokenVersion = randomUUID();
    const stored = await updateIf(documents, {
      TableName: table,
      Key: sessionKey(seen),
      UpdateExpression: `SET #token = :token, cookies = :cookies, tokenVersion = :tokenVersion, #state = :active,
            refreshSlot = if_not_exists(refreshSlot, :slot), updatedAt = :now, lastTokenUpdateAt = :now,
            tokenUpdateCount = :count REMOVE refreshingUntil, lastTokenUpdateError, untold`,
      ConditionExpression: `tokenVersion = :seen OR ${ALREADY_APPLIED}`,
      ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
      ExpressionAttributeValues: {
        ':token': envelope.token,
        ':cookies': envelope.cookies,
        ':active': 'active',
        ':slot': refreshSlotOf(seen, refreshPartitions),
        ':tokenVersion': tokenVersion,
        ':seen': seen.tokenVersion,
        ':now': toIso(now),
        ':count': seen.tokenUpdateCount + 1,
      },
    });
    if (!stored) return undefined;
    return {
      ...seen,
      encryptedToken: envelope.token,
      encryptedCookies: envelope.cookies,
      tokenVersion,
      state: 'active',
      updatedAt: now,
      lastTokenUpdateAt: now,
      tokenUpdateCount: seen.tokenUpdateCount + 1,
      lastTokenUpdateError: null,
      refreshingUntil: null,
    };
  }

  /** The named session, or the background one. @throws AppError session-not-found. */
  async function named(email: string, fingerprint?: string): Promise<Session> {
    const session = await sessions.getSession(email, fingerprint === undefined ? {} : { fingerprint });
    if (!session) throw new AppError('session-not-found', 'There is no such session.');
    return session;
  }

  /** @throws AppError session-not-found, session-changed. */
  async function updateRefreshToken(email: string, token: string, fingerprint?: string): Promise<Session> {
    const session = await named(email, fingerprint);
    const { cookies } = await decrypt(session);
    return changed(await replaceTokens(session, { token, cookies }));
  }

  /** @throws AppError session-not-found, session-changed. */
  async function updateCookies(email: string, cookies: readonly Cookie[], fingerprint?: string): Promise<Session> {
    const session = await named(email, fingerprint);
    const { token } = await decrypt(session);
    return changed(await replaceTokens(session, { token, cookies }));
  }

  return {
    ...stateWrites(deps),
    ...loginWrites(deps),
    decrypt,
    replaceTokens,
    updateRefreshToken,
    updateCookies,
  };
}

function changed(session: Session | undefined): Session {
  if (!session) throw new AppError('session-changed', 'The session was changed meanwhile.');
  return session;
}
