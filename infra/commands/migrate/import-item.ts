import { randomUUID } from 'node:crypto';
import { epochSeconds, toIso } from '../../../lib/platform/dynamodb.ts';
import { encrypt } from '../../../lib/platform/encryption.ts';
import type { Secrets } from '../../../lib/platform/secrets.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { DEVICE_LIFETIME, hashBucket } from '../../../lib/sessions/session.ts';
import type { OldSession } from './old-row.ts';
import type { Proof } from './verify-alive.ts';

export type ItemDeps = {
  /** This service's salt, and its keys, which encrypt tokens and cookies. */
  readonly secrets: Secrets;
  /** How many partitions the refresh index has (lib/refresh/timing-wheel.ts). */
  readonly refreshPartitions: number;
};

export type SessionItem = ReturnType<typeof buildItem>;

/**
 * Computes the fingerprint under which this service stores a session: the device's own, or, for a background session, one from
 * the e-mail address and the salt.
 */
export const computeFingerprint = ({ secrets }: ItemDeps, { sessionType, email, fingerprint }: OldSession): string =>
  sessionType === 'device' ? (fingerprint ?? '') : generateBackgroundFingerprint(email, secrets.fingerprintSalt);

/**
 * Finds the session's fingerprint at AimHarder if it differs from the computed one, because the predecessor used another salt or
 * had no background fingerprints yet.
 *
 * @returns undefined if both are the same, or if the export has none.
 */
export function findForeignFingerprint(deps: ItemDeps, session: OldSession): string | undefined {
  const computed = computeFingerprint(deps, session);
  const exported = session.fingerprint ?? computed;
  return exported === computed ? undefined : exported;
}

/** Builds the table's item (lib/sessions/session-record.ts). The session is active only if it was proven alive. */
export function buildItem(deps: ItemDeps, session: OldSession, proof: Proof) {
  const { email, sessionType, createdAt, updatedAt } = session;
  const isDevice = sessionType === 'device';
  const fingerprint = computeFingerprint(deps, session);
  const loginFingerprint = findForeignFingerprint(deps, session);
  const whoAmI = proof.kind === 'alive' ? proof.whoAmI : undefined;
  const encryptFor = (text: string, purpose: string) => encrypt(deps.secrets.keys, text, [email, fingerprint, purpose]);
  return {
    email,
    fingerprint,
    sessionType,
    protected: !isDevice,
    state: whoAmI ? ('active' as const) : ('login-required' as const),
    token: encryptFor(session.token, 'token'),
    cookies: encryptFor(JSON.stringify(whoAmI?.session.cookies ?? session.cookies), 'cookies'),
    tokenVersion: randomUUID(),
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
    lastTokenUpdateAt: toIso(session.lastTokenUpdateAt ?? updatedAt),
    tokenUpdateCount: session.tokenUpdateCount,
    boxes: whoAmI?.boxes ?? [],
    // AimHarder refuses a tokenUpdate with any other fingerprint.
    ...(loginFingerprint !== undefined && { loginFingerprint }),
    // A session that was not proven stays out of the refresh index, because it needs a login, not a refresh.
    ...(whoAmI && { refreshSlot: hashBucket({ email, fingerprint }, deps.refreshPartitions) }),
    // The predecessor issued no access tokens: the member logs in once to get one.
    ...(isDevice && { accessTokenHash: null, deviceName: null, expiresAt: epochSeconds(createdAt + DEVICE_LIFETIME) }),
  };
}
