import { createECDH, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PushBody } from '../../lib/notifications/notification-api.ts';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { encryptForBrowser, LONGEST_PAYLOAD } from '../../lib/notifications/push-encryption.ts';
import { deriveVapidKey } from '../../lib/notifications/vapid.ts';
import { pushSender } from '../../lib/notifications/web-push.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { heldDeadlines } from '../support/notifications/held-deadlines.ts';
import { outgoing } from '../support/notifications/outgoing.ts';
import { postTo, unhurried } from '../support/notifications/post-world.ts';
import { checkPush, startBrowser } from '../support/notifications/push-browser.ts';
import { loopback, type Receiver, startReceiver, status } from '../support/notifications/receiver.ts';

const KEY = deriveVapidKey('a-secret-text-of-the-installation-of-43-letters');

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  receiver.answers(status(201));
});
afterEach(() => receiver.stop());

const send = (message = outgoing('e-1'), options: Parameters<typeof postTo>[1] = {}, browser = startBrowser()) =>
  pushSender({
    ...{ post: postTo(receiver, options), vapidKey: async () => KEY },
    ...{ subject: 'mailto:gym@example.com', clock: systemClock },
  })({ endpoint: receiver.url, keys: browser.keys }, message, unhurried);

const failed = (fault: string, retryAfter = 0) => ({ kind: 'failed', fault, retryAfter });

test('the example of RFC 8291 is encrypted to its very bytes', () => {
  const bytes = (text: string) => Buffer.from(text, 'base64url');

  const encrypted = encryptForBrowser(
    'When I grow up, I want to be a watermelon',
    {
      p256dh: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
      auth: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
    },
    { privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'), salt: bytes('DGv6ra1nlYgDCS1FRnbzlw') },
  );

  expect(encrypted.toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  );
});

test('a browser decrypts the message with an independent library, and its push service finds what it asks for', async () => {
  const browser = startBrowser();

  expect(await send(outgoing('e-1'), {}, browser)).toEqual({ kind: 'delivered' });

  const { headers, raw } = checkPush(receiver, KEY.publicKey);
  expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'normal', ttl: '259200' });
  expect(raw.length).toBeLessThanOrEqual(4_096);
  expect(browser.read(raw)).toEqual({
    title: 'Plaza reservada: WOD',
    body: 'Tienes plaza en WOD (CrossFit Demo).',
    tag: headers['topic'],
    link: 'https://page.example.com/#mine',
    at: 0,
  });
});

test('another browser cannot read it', async () => {
  await send();

  expect(() => startBrowser().read(receiver.received[0]?.raw ?? Buffer.of())).toThrow();
});

test('messages about one pre-booking have one topic, of the letters that are allowed, and tell nothing', async () => {
  const topics: unknown[] = [];
  for (const about of ['prebooking 1', 'prebooking 1', 'prebooking 2', null]) {
    await send(outgoing('e-1', null, { about }));
    topics.push(receiver.received.at(-1)?.headers['topic']);
  }

  const [first, again, other, none] = topics;
  expect(first).toMatch(/^[\w-]{32}$/);
  expect([again, none]).toEqual([first, undefined]);
  expect(other).not.toBe(first);
});

test('what needs the member at once is urgent', async () => {
  for (const [kind, urgency] of [
    ['login-needed', 'high'],
    ['failed', 'high'],
    ['booked', 'normal'],
    ['wake-up-late', 'low'],
  ] as const) {
    await send(outgoing('e-1', null, { kind }));
    expect(receiver.received.at(-1)?.headers['urgency']).toBe(urgency);
  }
});

test('a long text is shortened to what a push service must accept', async () => {
  const browser = startBrowser();
  expect(await send(outgoing('e-1', null, { text: 'ñ"'.repeat(4_000) }), {}, browser)).toEqual({ kind: 'delivered' });

  const { raw } = checkPush(receiver, KEY.publicKey);
  expect(raw.length).toBeLessThanOrEqual(4_096);
  expect(browser.read(raw).body.length).toBeGreaterThan(700);
});

test('a text that is shortened ends in no half character', async () => {
  const browser = startBrowser();
  await send(outgoing('e-1', null, { text: `${'💪'.repeat(1_500)}x` }), {}, browser);

  expect(browser.read(checkPush(receiver, KEY.publicKey).raw).body).toMatch(/^(?:💪){800,1000}$/u);
});

test('the longest message fits into the record, and one letter more is refused', () => {
  const { keys } = startBrowser();

  expect(encryptForBrowser('x'.repeat(LONGEST_PAYLOAD), keys)).toHaveLength(4_096);
  expect(() => encryptForBrowser('x'.repeat(LONGEST_PAYLOAD + 1), keys)).toThrow('too long');
});

test.each([
  [200, {}, { kind: 'delivered' }],
  [201, {}, { kind: 'delivered' }],
  [404, {}, { kind: 'gone', fault: 'status-404' }],
  [410, {}, { kind: 'gone', fault: 'status-410' }],
  [413, {}, failed('status-413')],
  [429, { 'retry-after': '60' }, failed('status-429', 60_000)],
  [500, {}, failed('status-500')],
  [307, { location: 'https://hooks.example.com/elsewhere' }, failed('status-307')],
])('%i with %o is %o', async (code, headers, expected) => {
  receiver.answers(status(code, headers));

  expect(await send()).toEqual(expected);
  expect(receiver.received).toHaveLength(1);
});

test('a push service that hangs, and one whose address is private, each have their own fault', async () => {
  const { clock, pass } = heldDeadlines();
  receiver.answers(() => pass(15 * SECOND));
  expect(await send(outgoing('e-1'), { clock })).toEqual(failed('timeout'));

  const resolver = { ...loopback, isPublic: isPublicAddress };
  expect(await send(outgoing('e-1'), { resolver })).toEqual(failed('address-not-public'));
  expect(receiver.received).toHaveLength(1);
});

describe('the key of an installation', () => {
  test('follows from its secret: the same one gives the same key, another one another', () => {
    const other = deriveVapidKey('another-secret-text-of-an-installation-of-43');

    expect(deriveVapidKey('a-secret-text-of-the-installation-of-43-letters').publicKey).toBe(KEY.publicKey);
    expect(other.publicKey).not.toBe(KEY.publicKey);
  });

  test('is a point of the curve, as any other', () => {
    const peer = createECDH('prime256v1');
    peer.generateKeys();

    expect(() => peer.computeSecret(Buffer.from(KEY.publicKey, 'base64url'))).not.toThrow();
  });
});

describe('a subscription', () => {
  const { texts: keys } = startBrowser();
  const subscription = { endpoint: 'https://push.example.com/a', keys };

  test('is accepted as a browser writes it', () => {
    expect(PushBody.safeParse({ ...subscription, expirationTime: null }).success).toBe(true);
    expect(PushBody.safeParse({ ...subscription, keys: { ...keys, auth: `${keys.auth}==` } }).success).toBe(true);
  });

  test.each([
    ['without TLS', { endpoint: 'http://push.example.com/a' }],
    ['at an address', { endpoint: 'https://10.0.0.1/a' }],
    ['on another port', { endpoint: 'https://push.example.com:22/a' }],
    ['with a key that is no point', { keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } }],
    ['with a short key', { keys: { ...keys, p256dh: randomBytes(33).toString('base64url') } }],
    ['with a short secret', { keys: { ...keys, auth: 'AAAA' } }],
    ['with another field', { more: 1 }],
  ])('%s is refused', (_name, change) => {
    expect(PushBody.safeParse({ ...subscription, ...change }).success).toBe(false);
  });
});
