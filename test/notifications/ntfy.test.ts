import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { ntfySender } from '../../lib/notifications/ntfy.ts';
import { isNtfyUrl, splitNtfyUrl } from '../../lib/notifications/ntfy-url.ts';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { parseJson } from '../../lib/platform/json.ts';
import { heldDeadlines } from '../support/notifications/held-deadlines.ts';
import { outgoing } from '../support/notifications/outgoing.ts';
import { postTo, unhurried } from '../support/notifications/post-world.ts';
import { loopback, type Receiver, startReceiver, status } from '../support/notifications/receiver.ts';

/** What ntfy's documentation asks of a message that is published as JSON ("Publish as JSON", "Message priority"). */
const Published = z.strictObject({
  topic: z.string().check(z.regex(/^[-_A-Za-z0-9]{1,64}$/)),
  title: z.string(),
  message: z.string().check(z.refine((text: string) => Buffer.byteLength(text) <= 4_096)),
  priority: z.int().check(z.minimum(1), z.maximum(5)),
  tags: z.array(z.string()),
  click: z.optional(z.url()),
});

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const topic = () => `https://hooks.example.com:${receiver.port}/ada-3f9c`;

const send = (
  message = outgoing('e-1'),
  { token = null, ...options }: { token?: string | null } & Parameters<typeof postTo>[1] = {},
) => ntfySender(postTo(receiver, options))({ address: topic(), secret: token }, message, unhurried);

const failed = (fault: string, retryAfter = 0) => ({ kind: 'failed', fault, retryAfter });

const published = () => Published.parse(parseJson(receiver.received.at(-1)?.body ?? ''));

test('a message is published to the topic as the documentation asks', async () => {
  expect(await send()).toEqual({ kind: 'delivered' });

  const [{ path, headers } = { path: '', headers: {} }] = receiver.received;
  expect(path).toBe('/');
  expect(headers).not.toHaveProperty('authorization');
  expect(published()).toEqual({
    topic: 'ada-3f9c',
    title: 'Plaza reservada: WOD',
    message: 'Tienes plaza en WOD (CrossFit Demo).',
    priority: 3,
    tags: ['white_check_mark'],
    click: 'https://page.example.com/#mine',
  });
});

test('the token goes into the header, and an address that is unknown leaves the click out', async () => {
  await send(outgoing('e-1', null, { link: null }), { token: 'tk_secret' });

  expect(receiver.received[0]?.headers.authorization).toBe('Bearer tk_secret');
  expect(published()).not.toHaveProperty('click');
  expect(JSON.stringify(receiver.received[0]?.body)).not.toContain('tk_secret');
});

test('what needs the member at once is louder than what is merely news', async () => {
  const loudness: number[] = [];
  for (const kind of ['login-needed', 'failed', 'uncertain', 'booked', 'wake-up-late'] as const) {
    await send(outgoing('e-1', null, { kind }));
    loudness.push(published().priority);
  }

  expect(loudness).toEqual([5, 4, 4, 3, 2]);
});

test('a text that is too long for ntfy is shortened, so that it does not become a file', async () => {
  expect(await send(outgoing('e-1', null, { text: 'ñ'.repeat(5_000) }))).toEqual({ kind: 'delivered' });

  expect(published().message).toMatch(/^ñ{1900,2000}$/);
});

test('a text that is shortened ends in no half character', async () => {
  await send(outgoing('e-1', null, { text: `${'💪'.repeat(1_500)}x` }));

  expect(published().message).toMatch(/^(?:💪){900,1000}$/u);
});

test.each([
  [200, {}, { kind: 'delivered' }],
  [401, {}, { kind: 'gone', fault: 'status-401' }],
  [403, {}, { kind: 'gone', fault: 'status-403' }],
  [404, {}, failed('status-404')],
  [410, {}, { kind: 'gone', fault: 'status-410' }],
  [429, { 'retry-after': '120' }, failed('status-429', 120_000)],
  [429, {}, failed('status-429')],
  [507, {}, failed('status-507')],
  [302, { location: 'https://hooks.example.com/elsewhere' }, failed('status-302')],
])('%i with %o is %o', async (code, headers, expected) => {
  receiver.answers(status(code, headers));

  expect(await send()).toEqual(expected);
  expect(receiver.received).toHaveLength(1);
});

test('a server that does not answer, and one whose address is private, each have their own fault', async () => {
  const { clock, pass } = heldDeadlines();
  receiver.answers(() => pass(15 * SECOND));
  expect(await send(outgoing('e-1'), { clock })).toEqual(failed('timeout'));

  const resolver = { ...loopback, isPublic: isPublicAddress };
  expect(await send(outgoing('e-1'), { resolver })).toEqual(failed('address-not-public'));
  expect(receiver.received).toHaveLength(1);
});

test('a host that the installation names may be private', async () => {
  const resolver = { ...loopback, isPublic: isPublicAddress };
  const privateHosts = new Set([new URL(topic()).host]);

  expect(await send(outgoing('e-1'), { resolver, privateHosts })).toEqual({ kind: 'delivered' });
  expect(await send(outgoing('e-1'), { resolver, privateHosts: new Set(['hooks.example.com']) })).toEqual(
    failed('address-not-public'),
  );
});

test('the URL of a topic has one part, no user and no query', () => {
  expect(splitNtfyUrl('https://ntfy.sh/my-topic_1')).toEqual({ server: 'https://ntfy.sh/', topic: 'my-topic_1' });
  expect(['https://ntfy.sh/a', 'http://192.168.1.10:8080/a', 'https://ntfy.sh/a/'].map(isNtfyUrl)).toEqual([
    true,
    true,
    true,
  ]);
  for (const url of [
    ...['https://ntfy.sh', 'https://ntfy.sh/', 'https://ntfy.sh/a/b', 'https://u:p@ntfy.sh/a', 'ftp://ntfy.sh/a'],
    ...[
      'https://ntfy.sh/a?auth=b',
      'https://ntfy.sh/a#b',
      `https://ntfy.sh/${'a'.repeat(65)}`,
      'https://ntfy.sh/a%20b',
    ],
  ])
    expect({ url, isAccepted: isNtfyUrl(url) }).toEqual({ url, isAccepted: false });
});
