import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import { decrypt } from 'http_ece';
import * as z from 'zod/mini';
import { parseJson } from '../../../lib/platform/json.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { defined } from '../sessions/session-world.ts';
import type { Receiver } from './receiver.ts';

/** What the service worker shows. */
const Shown = z.strictObject({
  title: z.string(),
  body: z.string(),
  tag: z.nullable(z.string().check(z.maxLength(32))),
  link: z.nullable(z.url()),
  at: z.number(),
});

/** What RFC 8292 asks of a token. */
const Claims = z.strictObject({ aud: z.url(), exp: z.int(), sub: z.string().check(z.regex(/^(mailto:|https:)/)) });

/** A browser: it makes keys as one does, and reads what its push service gets with an independent library. */
export function startBrowser() {
  const keys = createECDH('prime256v1');
  const publicKey = keys.generateKeys();
  const auth = randomBytes(16);
  return {
    keys: { p256dh: publicKey, auth },
    texts: { p256dh: publicKey.toString('base64url'), auth: auth.toString('base64url') },
    /** Decrypts a message, and checks its form. */
    read: (body: Buffer) =>
      Shown.parse(
        parseJson(
          decrypt(body, { version: 'aes128gcm', privateKey: keys, authSecret: auth.toString('base64url') }).toString(),
        ),
      ),
  };
}

/** What a push service checks of a request (RFC 8030, RFC 8292). @throws Error if it would refuse the request. */
export function checkPush({ received, port }: Receiver, vapidKey: string) {
  const { headers, raw } = defined(received.at(-1));
  const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization ?? '') ?? [];
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(vapidKey, 'base64url');
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  const signed = Buffer.from(`${head}.${claims}`);
  const isValid = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const { aud, exp } = Claims.parse(parseJson(Buffer.from(claims, 'base64url').toString()));
  if (!isValid || key !== vapidKey) throw new Error('The signature is not this installation’s.');
  if (aud !== `https://hooks.example.com:${port}`) throw new Error('The token is for another push service.');
  const left = exp - systemClock.now() / 1_000;
  if (left <= 0 || left > 86_400) throw new Error('The token is valid for too long, or no longer.');
  if (!/^\d+$/.test(String(headers['ttl']))) throw new Error('There is no TTL.');
  return { headers, raw };
}
