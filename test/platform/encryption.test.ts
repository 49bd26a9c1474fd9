import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decrypt, encrypt } from '../../lib/platform/encryption.ts';

const old = createSecretKey(randomBytes(32));
const ring = { current: 'k1', keys: new Map([['k1', old]]) };
const context = ['ada@example.com', 'phone-12345', 'token'];

test('an encrypted text can be decrypted, and does not show in its envelope', () => {
  const envelope = encrypt(ring, 'secret ñ', context);

  expect(envelope).not.toContain('secret');
  expect(decrypt(ring, envelope, context)).toBe('secret ñ');
});

test('the same text gives a different envelope each time', () => {
  expect(new Set(Array.from({ length: 100 }, () => encrypt(ring, 'same', context))).size).toBe(100);
});

test.each([
  ['another member', ['bob@example.com', 'phone-12345', 'token']],
  ['another session', ['ada@example.com', 'phone-54321', 'token']],
  ['another purpose', ['ada@example.com', 'phone-12345', 'cookies']],
  ['parts that only join alike', ['ada@example.com', 'phone-12345token']],
])('an envelope moved to %s does not open', (_name, elsewhere) => {
  const envelope = encrypt(ring, 'secret', context);

  expect(() => decrypt(ring, envelope, elsewhere)).toThrow();
});

test('an envelope with one changed bit cannot be decrypted', () => {
  const [id, sealed] = encrypt(ring, 'secret', context).split('.');
  const bytes = Buffer.from(sealed ?? '', 'base64url');

  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => decrypt(ring, `${id}.${changed.toString('base64url')}`, context)).toThrow();
  }
});

test('after a rotation, old envelopes can still be decrypted, and new ones name the new key', () => {
  const before = encrypt(ring, 'old', context);
  const rotated = { current: 'k2', keys: new Map([...ring.keys, ['k2', createSecretKey(randomBytes(32))]]) };

  expect(decrypt(rotated, before, context)).toBe('old');
  expect(encrypt(rotated, 'new', context)).toMatch(/^k2\./);
});

test('a missing key is named in the error, the text is not', () => {
  const envelope = encrypt(ring, 'secret', context);

  expect(() => decrypt({ current: 'k2', keys: new Map([['k2', old]]) }, envelope, context)).toThrow(
    /^The encryption key k1 is not in the ring\.$/,
  );
});

test.each(['', 'k1.', 'k1.AAAA'])('%j is too short to be an envelope', (envelope) => {
  expect(() =>
    decrypt(
      {
        current: 'k1',
        keys: new Map([
          ['k1', old],
          ['', old],
        ]),
      },
      envelope,
      context,
    ),
  ).toThrow('too short');
});
