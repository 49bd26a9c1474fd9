import { createHash } from 'node:crypto';
import type { Box } from '../aimharder/client.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';

export type SessionType = 'device' | 'background';

/**
 * `login-required`: AimHarder ended it and only a new login of the member helps. `ended`: it is gone, and the sweep deletes
 * its item; most functions may write sessions, and few may delete any.
 */
type SessionState = 'active' | 'login-required' | 'ended';

export type SessionKey = { readonly email: string; readonly fingerprint: string };

/** The key alone, as the table wants it. */
export const sessionKey = ({ email, fingerprint }: SessionKey) => ({ email, fingerprint });

type Common = SessionKey & {
  /** Background sessions are deleted with explicit confirmation only. */
  readonly protected: boolean;
  readonly state: SessionState;
  /** AimHarder's refresh token and cookies, encrypted; session-tokens.ts opens them. */
  readonly encryptedToken: string;
  readonly encryptedCookies: string;
  /** What AimHarder knows the session by, when it was made elsewhere with another fingerprint than this service would use. */
  readonly loginFingerprint: string | null;
  /** A fresh random id with every write of token or cookies: whoever writes says which one it saw. */
  readonly tokenVersion: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** When AimHarder last gave or confirmed the token. */
  readonly lastTokenUpdateAt: Instant;
  readonly tokenUpdateCount: number;
  readonly lastTokenUpdateError: string | null;
  /** Until then one caller is asking AimHarder for the next token, and nobody else does. */
  readonly refreshingUntil: Instant | null;
  /** The boxes AimHarder named at login. */
  readonly boxes: readonly Box[];
};

export type DeviceSession = Common & {
  readonly sessionType: 'device';
  /** SHA-256, hex, of the access token; null for a session that was imported and has none. */
  readonly accessTokenHash: string | null;
  readonly deviceName: string | null;
  readonly expiresAt: Instant;
};

export type BackgroundSession = Common & {
  readonly sessionType: 'background';
  /** Until then a firing pre-booking uses the session, and no refresh may rotate its token. */
  readonly holdUntil: Instant | null;
  /** When AimHarder made it; null for one that was imported. */
  readonly loggedInAt: Instant | null;
  /** AimHarder has ended it, and its member has not been told yet. */
  readonly notificationPending: boolean;
};

export type Session = DeviceSession | BackgroundSession;

export const isBackground = (session: Session): session is BackgroundSession => session.sessionType === 'background';

/** A background session that AimHarder has ended. */
export const needsLogin = (session: Session): session is BackgroundSession =>
  isBackground(session) && session.state === 'login-required';

/** A device session ends this long after its login, in milliseconds. */
export const DEVICE_LIFETIME = 7 * DAY;

/** How long one caller has the turn to ask AimHarder, in milliseconds; longer than any answer of AimHarder's is waited for. */
export const REFRESH_LOCK_TTL = 20 * SECOND;

/** A token older than this is refreshed before it is used; AimHarder is assumed to forget one after 30 minutes. */
const STALE_AFTER = 15 * MINUTE;

/** A session that was ended or has expired is gone, even while its item is not deleted yet (DynamoDB takes days). */
export const isExpired = (session: Session, now: Instant): boolean =>
  session.state === 'ended' || (session.sessionType === 'device' && session.expiresAt <= now);

export const isStale = (session: Session, now: Instant): boolean => now - session.lastTokenUpdateAt > STALE_AFTER;

export const isReserved = (session: Session, now: Instant): boolean =>
  session.sessionType === 'background' && session.holdUntil !== null && session.holdUntil > now;

/** The partition of the refresh index a session belongs to, for ever: a hash, so that all are evenly full. */
export function refreshSlotOf({ email, fingerprint }: SessionKey, partitions: number): number {
  return createHash('sha256').update(`${email}\n${fingerprint}`).digest().readUInt32BE(0) % partitions;
}
