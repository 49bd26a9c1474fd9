import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { type DeviceSession, isExpired, type SessionKey } from './session.ts';
import type { SessionStore } from './session-store.ts';

const SECRET_BYTES = 32;
/** `otd_`, the session's key, a full stop and the secret of 32 bytes (43 characters), both in base64url. */
const FORMAT = /^otd_([A-Za-z0-9_-]{1,512})\.([A-Za-z0-9_-]{43})$/;
/** The session's key: e-mail and fingerprint. */
const Key = z.tuple([z.string(), z.string()]);

/** A forged token can look up sessions only: the keys of the table's other items contain no e-mail address. */
const EMAIL = /^[^\s@]+@[^\s@]+$/;

/**
 * Issues the access token of a device session. The token contains the session's key, so that one read finds the
 * session. It also contains 256 random bits. Only the token's hash is stored.
 */
export function issueAccessToken({ email, fingerprint }: SessionKey): {
  readonly accessToken: string;
  readonly hash: string;
} {
  const key = Buffer.from(JSON.stringify([email, fingerprint])).toString('base64url');
  const accessToken = `otd_${key}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { accessToken, hash: hash(accessToken) };
}

/**
 * Finds the live device session of an access token. A session that cannot be decoded counts as none, so that the member is asked
 * to log in.
 *
 * @param bearer the access token from the request's Authorization header, without "Bearer".
 * @throws AppError unauthenticated, the same for every reason.
 */
export async function authenticate(
  sessions: Pick<SessionStore, 'findReadable'>,
  bearer: string | undefined,
  now: Instant,
): Promise<DeviceSession> {
  const key = bearer === undefined ? undefined : parseKey(bearer);
  const session = key && (await sessions.findReadable(key));
  if (
    bearer !== undefined &&
    session?.sessionType === 'device' &&
    !isExpired(session, now) &&
    matches(bearer, session)
  ) {
    return session;
  }
  throw new AppError('unauthenticated', 'Log in and send the access token as "Authorization: Bearer …".');
}

function parseKey(bearer: string): SessionKey | undefined {
  const encoded = FORMAT.exec(bearer)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const [email, fingerprint] = Key.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')));
    return EMAIL.test(email) && fingerprint ? { email, fingerprint } : undefined;
  } catch {
    return undefined;
  }
}

function matches(bearer: string, { accessTokenHash }: DeviceSession): boolean {
  if (accessTokenHash === null) return false;
  const given = Buffer.from(hash(bearer));
  const stored = Buffer.from(accessTokenHash);
  return given.length === stored.length && timingSafeEqual(given, stored);
}

const hash = (accessToken: string): string => createHash('sha256').update(accessToken).digest('hex');
