import { createHash, randomBytes } from 'node:crypto';
import type { SessionType } from './session.ts';

const BACKGROUND_FINGERPRINT = /^bg-[0-9a-f]{40}$/;
const BACKGROUND_PREFIX = 'bg-';

/**
 * Generates the fingerprint of a member's background session: the same for every login.
 *
 * @param salt a secret: an e-mail address alone does not suffice to compute the fingerprint.
 */
export function generateBackgroundFingerprint(email: string, salt: string): string {
  const hash = createHash('sha256').update(`${email.trim().toLowerCase()}-${salt}`).digest('hex');
  return `${BACKGROUND_PREFIX}${hash.slice(0, 40)}`;
}

export const isBackgroundFingerprint = (fingerprint: string): boolean => BACKGROUND_FINGERPRINT.test(fingerprint);

/** Whether a client may use this fingerprint: any that does not start like a background fingerprint. */
export const isDeviceFingerprint = (fingerprint: string): boolean =>
  fingerprint.length > 0 && !fingerprint.startsWith(BACKGROUND_PREFIX);

export const getSessionTypeFromFingerprint = (fingerprint: string): SessionType =>
  isBackgroundFingerprint(fingerprint) ? 'background' : 'device';

/** Generates a fingerprint for a client that brings none. */
export const generateDeviceFingerprint = (): string => randomBytes(20).toString('hex');
