import { createHash, randomBytes } from 'node:crypto';
import type { SessionType } from './session.ts';

const BACKGROUND_FINGERPRINT = /^bg-[0-9a-f]{40}$/;
const BACKGROUND_PREFIX = 'bg-';

/**
 * The fingerprint of a member's one background session: the same for every login, because it holds no time.
 *
 * @param salt keeps anybody who knows an e-mail from computing it.
 */
export function generateBackgroundFingerprint(email: string, salt: string): string {
  const hash = createHash('sha256').update(`${email.trim().toLowerCase()}-${salt}`).digest('hex');
  return `${BACKGROUND_PREFIX}${hash.slice(0, 40)}`;
}

export const isBackgroundFingerprint = (fingerprint: string): boolean => BACKGROUND_FINGERPRINT.test(fingerprint);

/** Any fingerprint that does not claim to be the server's. */
export const isDeviceFingerprint = (fingerprint: string): boolean =>
  fingerprint.length > 0 && !fingerprint.startsWith(BACKGROUND_PREFIX);

export const getSessionTypeFromFingerprint = (fingerprint: string): SessionType =>
  isBackgroundFingerprint(fingerprint) ? 'background' : 'device';

/** For a client that brings no fingerprint of its own. */
export const generateDeviceFingerprint = (): string => randomBytes(20).toString('hex');
