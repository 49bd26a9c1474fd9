import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/**
 * Encryption keys by id. An *envelope* is an encrypted text with the id of its key (see `encrypt`). New envelopes use the key
 * `current`. Every key has 32 bytes and is a KeyObject: to make a KeyObject from bytes at every use would take longer than the
 * encryption.
 */
export type KeyRing = { readonly current: string; readonly keys: ReadonlyMap<string, KeyObject> };

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with AES-256-GCM under the current key and a random nonce.
 *
 * @param context what the text belongs to (associated data). An envelope cannot be decrypted with another context.
 * @returns `<key id>.<base64url of nonce, ciphertext, tag>`
 */
export function encrypt(ring: KeyRing, plain: string, context: readonly string[]): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(ring, ring.current), nonce);
  cipher.setAAD(associatedData(context));
  const encrypted = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${ring.current}.${encrypted.toString('base64url')}`;
}

/** Reads the id of the key that an envelope was encrypted with. */
export const keyIdOf = (envelope: string): string => envelope.slice(0, Math.max(0, envelope.lastIndexOf('.')));

/** Decrypts an envelope. @throws Error if its key is not in the ring, the context differs, or the envelope was changed. */
export function decrypt(ring: KeyRing, envelope: string, context: readonly string[]): string {
  const id = keyIdOf(envelope);
  const encrypted = Buffer.from(envelope.slice(id.length + 1), 'base64url');
  if (encrypted.length < NONCE_BYTES + TAG_BYTES) throw new Error('An envelope is too short.');
  const decipher = createDecipheriv(ALGORITHM, keyOf(ring, id), encrypted.subarray(0, NONCE_BYTES));
  decipher.setAAD(associatedData(context));
  decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
  const parts = [decipher.update(encrypted.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
  return Buffer.concat(parts).toString('utf8');
}

function keyOf(ring: KeyRing, id: string): KeyObject {
  const key = ring.keys.get(id);
  if (!key) throw new Error(`The encryption key ${id} is not in the ring.`);
  return key;
}

/** Encodes a context as JSON: with a mere separator, two different contexts could give the same bytes. */
const associatedData = (context: readonly string[]) => Buffer.from(JSON.stringify(context));
