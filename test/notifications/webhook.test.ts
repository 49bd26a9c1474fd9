import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SendResult } from '../../lib/notifications/channel.ts';
import { type PostOptions, poster } from '../../lib/notifications/http-post.ts';
import { isPublicAddress, type Resolver } from '../../lib/notifications/public-address.ts';
import { generateSecret, signMessage, webhookSender } from '../../lib/notifications/webhook.ts';
import { HOUR, SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { SWITCHING_PROTOCOLS } from '../support/aimharder/scripted-upstream.ts';
import { heldDeadlines } from '../support/notifications/held-deadlines.ts';
import { outgoing } from '../support/notifications/outgoing.ts';
import { loopback, type Receiver, startReceiver, status } from '../support/notifications/receiver.ts';
import { INCOMPLETE_CHAIN } from '../support/notifications/receiver-certificate.ts';

const unhurried = new AbortController().signal;
const secret = generateSecret();
const payload = {
  id: '0123456789abcdef-1',
  body: JSON.stringify({ type: 'prebooking.booked', data: { text: '¡Plaza!' } }),
};

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const message = outgoing(payload.id, payload.body);

const send = (options: Partial<PostOptions> = {}, address = receiver.url): Promise<SendResult> => {
  const post = poster({ clock: systemClock, resolver: loopback, ca: receiver.ca, ...options });
  return webhookSender(post, systemClock)({ address, secret }, message, unhurried);
};

const failed = (fault: string, retryAfter = 0) => ({ kind: 'failed', fault, retryAfter });

test('the library of Standard Webhooks verifies a message', async () => {
  expect(await send()).toEqual({ kind: 'delivered' });

  const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = receiver.received;
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(payload.body));
  expect(path).toBe('/hook?key=of-the-member');
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': payload.id,
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
  });
});

test('the library refuses a message with another secret, body or id', async () => {
  await send();

  const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
  const sent = headers as Record<string, string>;
  expect(() => new Webhook(generateSecret()).verify(body, sent)).toThrow();
  expect(() => new Webhook(secret).verify(`${body} `, sent)).toThrow();
  expect(() => new Webhook(secret).verify(body, { ...sent, 'webhook-id': 'another' })).toThrow();
});

test('our signature is the library’s', () => {
  const at = 1_800_000_000_999;

  expect(signMessage(secret, payload, at)['webhook-signature']).toBe(
    new Webhook(secret).sign(payload.id, new Date(at), payload.body),
  );
});

test.each([
  [200, { kind: 'delivered' }],
  [299, { kind: 'delivered' }],
  [410, { kind: 'gone', fault: 'status-410' }],
  [404, failed('status-404')],
  [500, failed('status-500')],
])('%i is %o', async (code, expected) => {
  receiver.answers(status(code));

  expect(await send()).toEqual(expected);
});

test.each([[301], [302], [307], [308]])('a redirect (%i) is a failure and is not followed', async (code) => {
  receiver.answers(status(code, { location: receiver.url }));

  expect(await send()).toEqual(failed(`status-${code}`));
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ['seconds', '120', 120_000],
  ['more than the longest pause', '99999999', 6 * HOUR],
  ['a date that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ['nonsense', 'soon', 0],
])('a receiver may ask for a pause: %s', async (_name, retryAfter, pause) => {
  receiver.answers(status(503, { 'retry-after': retryAfter }));

  expect(await send()).toEqual(failed('status-503', pause));
});

test('an endless answer is not read', async () => {
  receiver.answers((response) => {
    response.writeHead(200);
    const flood = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  });

  expect(await send()).toEqual({ kind: 'delivered' });
});

test('a receiver that does not answer in time fails', async () => {
  const { clock, pass } = heldDeadlines();
  receiver.answers(() => pass(15 * SECOND));

  expect(await send({ clock })).toEqual(failed('timeout'));
});

test('a receiver that switches protocols is unreachable', async () => {
  receiver.answers(({ socket }) => void socket?.write(SWITCHING_PROTOCOLS));

  expect(await send()).toEqual(failed('unreachable'));
});

test('an unknown host, an untrusted certificate and a closed port each have their own fault', async () => {
  const lost: Resolver = {
    ...loopback,
    resolve: () => Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })),
  };
  const { ca: _, ...untrusting } = { clock: systemClock, resolver: loopback, ca: '' };

  expect(await send({ resolver: lost })).toEqual(failed('host-not-found'));
  const untrusted = webhookSender(poster(untrusting), systemClock);
  expect(await untrusted({ address: receiver.url, secret }, message, unhurried)).toEqual(failed('certificate-invalid'));
  expect(await send({}, receiver.url.replace('hooks.', 'other.'))).toEqual(failed('certificate-invalid'));
  receiver.stop();
  expect(await send()).toEqual(failed('unreachable'));
  expect(receiver.received).toEqual([]);
});

test('a receiver that leaves out a part of its certificate chain has an invalid certificate', async () => {
  const incomplete = await startReceiver(INCOMPLETE_CHAIN);
  const result = await send({}, incomplete.url);
  incomplete.stop();

  expect(result).toEqual(failed('certificate-invalid'));
});

test('a host that resolves to another address a moment later (DNS rebinding) is refused', async () => {
  const answers = ['8.8.8.8', '127.0.0.1'];
  const checked: string[] = [];
  const rebinding: Resolver = {
    resolve: async () => {
      const address = answers.shift() ?? '127.0.0.1';
      checked.push(address);
      return [{ address, family: 4 }];
    },
    isPublic: isPublicAddress,
  };
  await rebinding.resolve('hooks.example.com');

  expect(await send({ resolver: rebinding })).toEqual(failed('address-not-public'));
  expect(checked).toEqual(['8.8.8.8', '127.0.0.1']);
  expect(receiver.connections()).toBe(0);
});

test('each connection looks its host up once', async () => {
  let lookups = 0;
  const counting: Resolver = {
    ...loopback,
    resolve: async () => {
      lookups += 1;
      return [{ address: '127.0.0.1', family: 4 }];
    },
  };

  expect(await send({ resolver: counting })).toEqual({ kind: 'delivered' });
  expect(lookups).toBe(1);
});

test.each([['127.0.0.1'], ['[::1]'], ['2130706433'], ['[::ffff:127.0.0.1]']])(
  'an IP address in place of a host name (%s) is never connected to',
  async (host) => {
    const url = receiver.url.replace('hooks.example.com', host);

    expect(await send({ resolver: { ...loopback, isPublic: isPublicAddress } }, url)).toEqual(
      failed('address-not-public'),
    );
    expect(receiver.connections()).toBe(0);
  },
);
