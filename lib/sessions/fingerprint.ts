import { createHash, randomBytes } from 'node:crypto';
import type { SessionType } from './session.ts';

const BACKGROUND_FINGERPRINT = /^bg-[0-9a-f]{40}$/;
const BACKGROUND_PREFIX = 'bg-';

/**
 * Computes the fingerprint of a member's background session, which is the same for every login.
 *
 * @param salt a secret text, so that nobody can compute the fingerprint from the e-mail address.
 */
export function generateBackgroundFingerprint(email: string, salt: string): string {
  const hash = createHash('sha256').update(`${email.trim().toLowerCase()}-${salt}`).digest('hex');
  return `${BACKGROUND_PREFIX}${hash.slice(0, 40)}`;
}

export const isBackgroundFingerprint = (fingerprint: string): boolean => BACKGROUND_FINGERPRINT.test(fingerprint);

/** Checks whether a client may use this fingerprint: it must not start like a background fingerprint. */
export const isDeviceFingerprint = (fingerprint: string): boolean =>
  fingerprint.length > 0 && !fingerprint.startsWith(BACKGROUND_PREFIX);

export const getSessionTypeFromFingerprint = (fingerprint: string): SessionType =>
  isBackgroundFingerprint(fingerprint) ? 'background' : 'device';

/** Generates a fingerprint for a client that has sent none. */
export const generateDeviceFingerprint = (): string => randomBytes(20).toString('hex');
