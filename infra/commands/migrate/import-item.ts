import { randomUUID } from 'node:crypto';
import { epochSeconds, toIso } from '../../../lib/platform/dynamodb.ts';
import { encrypt } from '../../../lib/platform/encryption.ts';
import type { Secrets } from '../../../lib/platform/secrets.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { DEVICE_LIFETIME, hashBucket } from '../../../lib/sessions/session.ts';
import type { OldSession } from './old-row.ts';
import type { Proof } from './verify-alive.ts';

export type ItemDeps = {
  readonly secrets: Secrets;
  /** Values of the refresh index (lib/refresh/timing-wheel.ts). */
  readonly refreshPartitions: number;
};

export type SessionItem = ReturnType<typeof itemOf>;

/** One background session per member, under the fingerprint this service computes. */
export const fingerprintOf = ({ secrets }: ItemDeps, { sessionType, email, fingerprint }: OldSession): string =>
  sessionType === 'device' ? (fingerprint ?? '') : generateBackgroundFingerprint(email, secrets.fingerprintSalt);

/** The row's own, when it is another: with another salt, or of before there were background fingerprints. */
export function foreignFingerprint(deps: ItemDeps, session: OldSession): string | undefined {
  const own = session.fingerprint ?? fingerprintOf(deps, session);
  return own === fingerprintOf(deps, session) ? undefined : own;
}

/** A session as the table keeps it (lib/sessions/session-record.ts); it lives only if that was proven. */
export function itemOf(deps: ItemDeps, session: OldSession, proof: Proof) {
  const { email, sessionType, createdAt, updatedAt } = session;
  const isDevice = sessionType === 'device';
  const fingerprint = fingerprintOf(deps, session);
  const loginFingerprint = foreignFingerprint(deps, session);
  const alive = proof.kind === 'alive' ? proof.whoAmI : undefined;
  const sealed = (text: string, purpose: string) => encrypt(deps.secrets.keys, text, [email, fingerprint, purpose]);
  return {
    email,
    fingerprint,
    sessionType,
    protected: !isDevice,
    state: alive ? ('active' as const) : ('login-required' as const),
    token: sealed(session.token, 'token'),
    cookies: sealed(JSON.stringify(alive?.session.cookies ?? session.cookies), 'cookies'),
    tokenVersion: randomUUID(),
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
    lastTokenUpdateAt: toIso(session.lastTokenUpdateAt ?? updatedAt),
    tokenUpdateCount: session.tokenUpdateCount,
    boxes: alive?.boxes ?? [],
    // AimHarder would refuse a tokenUpdate that names another.
    ...(loginFingerprint !== undefined && { loginFingerprint }),
    ...(alive && { refreshSlot: hashBucket({ email, fingerprint }, deps.refreshPartitions) }),
    // The predecessor issued no access tokens: the member logs in once to get one.
    ...(isDevice && { accessTokenHash: null, deviceName: null, expiresAt: epochSeconds(createdAt + DEVICE_LIFETIME) }),
  };
}
