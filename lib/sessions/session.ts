import type { Box } from '../aimharder/client.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { hashToRange } from '../platform/hash.ts';

export type SessionType = 'device' | 'background';

/**
 * `login-required`: AimHarder has ended the background session, and only a login makes it active again. `ended`: the session
 * is gone for every reader, and the sweep deletes its item, because few functions have the permission to delete items.
 */
type SessionState = 'active' | 'login-required' | 'ended';

export type SessionKey = { readonly email: string; readonly fingerprint: string };

/** Picks the key from a session. */
export const sessionKey = ({ email, fingerprint }: SessionKey) => ({ email, fingerprint });

type Common = SessionKey & {
  /** Whether a deletion needs an explicit confirmation, as it does for every background session. */
  readonly protected: boolean;
  readonly state: SessionState;
  /** AimHarder's refresh token and cookies; SessionTokens decrypts them. */
  readonly encryptedToken: string;
  readonly encryptedCookies: string;
  /** The fingerprint of the login at AimHarder, if it differs from `fingerprint`. Only sessions that were imported have one. */
  readonly loginFingerprint: string | null;
  /** A random id, new with every token. A write names the version that it started from. */
  readonly tokenVersion: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** When AimHarder last issued or confirmed the token. */
  readonly lastTokenUpdateAt: Instant;
  readonly tokenUpdateCount: number;
  readonly lastTokenUpdateError: string | null;
  /** When the refresh lock expires; null if no caller holds it. */
  readonly refreshingUntil: Instant | null;
  /** The boxes that AimHarder listed at login. */
  readonly boxes: readonly Box[];
};

export type DeviceSession = Common & {
  readonly sessionType: 'device';
  /** SHA-256 of the access token, in hex; null for an imported session, which has none. */
  readonly accessTokenHash: string | null;
  readonly deviceName: string | null;
  readonly expiresAt: Instant;
};

export type BackgroundSession = Common & {
  readonly sessionType: 'background';
  /** When the reservation for a firing ends. Until then, no refresh replaces the token. */
  readonly holdUntil: Instant | null;
  /** When AimHarder made the session; null for an imported session. */
  readonly loggedInAt: Instant | null;
  /** Whether the session is dead and its member has not been notified yet. */
  readonly notificationPending: boolean;
};

export type Session = DeviceSession | BackgroundSession;

export const isBackground = (session: Session): session is BackgroundSession => session.sessionType === 'background';

/** Checks whether a session is a background session that AimHarder has ended. */
export const needsLogin = (session: Session): session is BackgroundSession =>
  isBackground(session) && session.state === 'login-required';

/** A device session expires this long after its login, in milliseconds. */
export const DEVICE_LIFETIME = 7 * DAY;

/**
 * How old a caller's login may be if the caller asks for something that cannot be undone, in milliseconds. A thief who has only
 * an access token cannot log in.
 */
const FRESH_LOGIN = 10 * MINUTE;

/** Checks whether the caller has logged in within the last 10 minutes. */
export const isFreshLogin = ({ createdAt }: DeviceSession, now: Instant): boolean => now - createdAt <= FRESH_LOGIN;

/** The refresh lock expires after this long, in milliseconds: longer than any caller waits for AimHarder's answer. */
export const REFRESH_LOCK_TTL = 20 * SECOND;

/** A token older than this is refreshed before use, in milliseconds; AimHarder is assumed to drop it after 30 minutes. */
const STALE_AFTER = 15 * MINUTE;

/** Checks whether a session has ended or expired. Its item may stay for days, until the sweep or DynamoDB deletes it. */
export const isExpired = (session: Session, now: Instant): boolean =>
  session.state === 'ended' || (session.sessionType === 'device' && session.expiresAt <= now);

/** Checks whether a session's token must be refreshed before use. */
export const isStale = (session: Session, now: Instant): boolean => now - session.lastTokenUpdateAt > STALE_AFTER;

export const isReserved = (session: Session, now: Instant): boolean =>
  session.sessionType === 'background' && session.holdUntil !== null && session.holdUntil > now;

/**
 * Assigns a session to one of `buckets` buckets. A session always gets the same bucket, and all buckets get about equally
 * many sessions. The partitions of the refresh index are such buckets.
 */
export function hashBucket({ email, fingerprint }: SessionKey, buckets: number): number {
  return hashToRange(`${email}\n${fingerprint}`, buckets);
}
