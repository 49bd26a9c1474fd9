import { createCipheriv, createECDH, ECDH, hkdfSync, randomBytes } from 'node:crypto';

/** The keys of a browser's subscription, as bytes. */
export type BrowserKeys = {
  /** The browser's public key: an uncompressed point of P-256. */
  readonly p256dh: Buffer;
  /** A secret that the browser shares with those who may send to it (RFC 8291, section 3.2). */
  readonly auth: Buffer;
};

/** The random values of one encryption. A test passes those of the example in RFC 8291. */
export type Ephemeral = { readonly privateKey: Buffer; readonly salt: Buffer };

const CURVE = 'prime256v1';
// The lengths that RFC 8291 and RFC 8188 prescribe.
const PUBLIC_KEY_BYTES = 65;
export const AUTH_BYTES = 16;
const SALT_BYTES = 16;
const INPUT_KEY_BYTES = 32;
const KEY_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The size of a record, in bytes: the largest that every push service must accept (RFC 8291, section 4). */
const RECORD_SIZE = 4_096;
/*
 * The header of an encrypted message (RFC 8188, section 2.1): the salt, the record size in 4 bytes, the length of our public key
 * in one byte, and the key.
 */
const RECORD_SIZE_OFFSET = SALT_BYTES;
const KEY_LENGTH_OFFSET = RECORD_SIZE_OFFSET + 4;
const PUBLIC_KEY_OFFSET = KEY_LENGTH_OFFSET + 1;
const HEADER_BYTES = PUBLIC_KEY_OFFSET + PUBLIC_KEY_BYTES;

/** The longest text that fits into one record, in bytes. One byte marks the last record. */
export const LONGEST_PAYLOAD = RECORD_SIZE - HEADER_BYTES - TAG_BYTES - 1;

/** Checks whether bytes are a point of the curve. An encryption to anything else fails. */
export function isPublicKey(bytes: Buffer): boolean {
  if (bytes.length !== PUBLIC_KEY_BYTES) return false;
  try {
    ECDH.convertKey(bytes, CURVE);
    return true;
  } catch {
    return false;
  }
}

const derive = (secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

/**
 * Encrypts a message so that only the browser can read it (RFC 8291, with the content encoding aes128gcm of RFC 8188).
 *
 * @param ephemeral a new key pair and salt, unless given.
 * @throws Error if the message does not fit into one record.
 */
export function encryptForBrowser(text: string, { p256dh, auth }: BrowserKeys, ephemeral?: Ephemeral): Buffer {
  const plain = Buffer.from(text);
  if (plain.length > LONGEST_PAYLOAD) throw new Error('A push message is too long.');
  const ourKeys = createECDH(CURVE);
  if (ephemeral) ourKeys.setPrivateKey(ephemeral.privateKey);
  else ourKeys.generateKeys();
  const publicKey = ourKeys.getPublicKey();
  const salt = ephemeral?.salt ?? randomBytes(SALT_BYTES);
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), p256dh, publicKey]);
  const inputKey = derive(ourKeys.computeSecret(p256dh), auth, keyInfo, INPUT_KEY_BYTES);
  const key = derive(inputKey, salt, Buffer.from('Content-Encoding: aes128gcm\0'), KEY_BYTES);
  const nonce = derive(inputKey, salt, Buffer.from('Content-Encoding: nonce\0'), NONCE_BYTES);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const header = Buffer.alloc(HEADER_BYTES);
  salt.copy(header);
  header.writeUInt32BE(RECORD_SIZE, RECORD_SIZE_OFFSET);
  header.writeUInt8(PUBLIC_KEY_BYTES, KEY_LENGTH_OFFSET);
  publicKey.copy(header, PUBLIC_KEY_OFFSET);
  // A 2 after the text marks the last record.
  return Buffer.concat([
    header,
    cipher.update(plain),
    cipher.update(Buffer.of(2)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}
