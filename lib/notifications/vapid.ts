import { createECDH, createPrivateKey, hkdfSync, type KeyObject, sign } from 'node:crypto';
import { HOUR, type Instant, SECOND } from '../platform/clock.ts';

/** The key pair by which push services know this installation. */
export type VapidKey = {
  readonly privateKey: KeyObject;
  /** The uncompressed point, as base64url: browsers subscribe with it. */
  readonly publicKey: string;
};

const CURVE = 'prime256v1';

/** The order of the group of P-256 (NIST SP 800-186, section 3.2.1.3). */
const GROUP_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** 128 bits more than the group's order has: the remainder is almost uniformly distributed (FIPS 186-5, A.2.1 asks for 64). */
const SEED_BYTES = 48;

/** The length of the private key, and of each coordinate of the public key. */
const KEY_BYTES = 32;

/** How long a signature is valid, in milliseconds; RFC 8292 allows 24 hours. */
const VALID_FOR = 12 * HOUR;

/**
 * Derives the key pair from the installation's secret text, because Secrets Manager generates texts. Another text gives another
 * key, and then no subscription works any more.
 */
export function deriveVapidKey(secret: string): VapidKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'on-the-dot VAPID key', SEED_BYTES)).toString('hex');
  // From 1 to the order minus 1.
  const scalar = (BigInt(`0x${seed}`) % (GROUP_ORDER - 1n)) + 1n;
  const privateBytes = Buffer.from(scalar.toString(16).padStart(2 * KEY_BYTES, '0'), 'hex');
  const pair = createECDH(CURVE);
  pair.setPrivateKey(privateBytes);
  // An uncompressed point is the byte 4, then x, then y.
  const point = pair.getPublicKey();
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: privateBytes.toString('base64url'),
      x: point.subarray(1, 1 + KEY_BYTES).toString('base64url'),
      y: point.subarray(1 + KEY_BYTES).toString('base64url'),
    },
  });
  return { privateKey, publicKey: point.toString('base64url') };
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * Builds the authorization of a request to a push service (RFC 8292, section 3).
 *
 * @param subject how the push service reaches the operator: a `mailto:` or `https:` URL.
 */
export function vapidAuthorization(key: VapidKey, endpoint: string, subject: string, now: Instant): string {
  const claims = { aud: new URL(endpoint).origin, exp: Math.floor((now + VALID_FOR) / SECOND), sub: subject };
  const signingInput = `${encode({ typ: 'JWT', alg: 'ES256' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signingInput), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `vapid t=${signingInput}.${signature.toString('base64url')}, k=${key.publicKey}`;
}
