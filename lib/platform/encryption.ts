import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/**
 * Encryption keys by id; new envelopes use `current`, old ones name theirs. Every key is 32 bytes, and prepared: bare bytes
 * would be prepared at every use, which takes longer than the encryption.
 */
export type KeyRing = { readonly current: string; readonly keys: ReadonlyMap<string, KeyObject> };

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with AES-256-GCM under the current key and a random nonce.
 *
 * @param context what the text belongs to (associated data): an envelope moved elsewhere does not open.
 * @returns `<key id>.<base64url of nonce, ciphertext, tag>`
 */
export function encrypt(ring: KeyRing, plain: string, context: readonly string[]): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(ring, ring.current), nonce);
  cipher.setAAD(associatedData(context));
  const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${ring.current}.${sealed.toString('base64url')}`;
}

/** The key that an envelope was sealed with. */
export const keyIdOf = (envelope: string): string => envelope.slice(0, Math.max(0, envelope.lastIndexOf('.')));

/** @throws Error when the key is gone, the context is another, or the envelope was changed. */
export function decrypt(ring: KeyRing, envelope: string, context: readonly string[]): string {
  const id = keyIdOf(envelope);
  const sealed = Buffer.from(envelope.slice(id.length + 1), 'base64url');
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('An envelope is too short.');
  const decipher = createDecipheriv(ALGORITHM, keyOf(ring, id), sealed.subarray(0, NONCE_BYTES));
  decipher.setAAD(associatedData(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = [decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
  return Buffer.concat(plain).toString('utf8');
}

function keyOf(ring: KeyRing, id: string): KeyObject {
  const key = ring.keys.get(id);
  if (!key) throw new Error(`The encryption key ${id} is not in the ring.`);
  return key;
}

/** JSON, because joining with a separator would let two contexts read alike. */
const associatedData = (context: readonly string[]) => Buffer.from(JSON.stringify(context));
