import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod/mini';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { telegramSender } from '../../lib/notifications/telegram.ts';
import { HOUR, SECOND } from '../../lib/platform/clock.ts';
import { parseJson } from '../../lib/platform/json.ts';
import { heldDeadlines } from '../support/notifications/held-deadlines.ts';
import { outgoing } from '../support/notifications/outgoing.ts';
import { postTo, unhurried } from '../support/notifications/post-world.ts';
import { loopback, type Receiver, startReceiver, status } from '../support/notifications/receiver.ts';

const BOT = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';

/** What the Bot API asks of sendMessage, as far as it is used here. */
const Sent = z.strictObject({
  chat_id: z.string(),
  text: z.string().check(z.minLength(1), z.maxLength(4_096)),
  entities: z.array(z.strictObject({ type: z.literal('bold'), offset: z.int(), length: z.int() })),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
});

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  answers(200, { ok: true, result: { message_id: 1 } });
});
afterEach(() => receiver.stop());

const answers = (code: number, body: object) =>
  receiver.answers(
    (response: ServerResponse) =>
      void response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
  );
const refuses = (code: number, description: string, more: object = {}) =>
  answers(code, { ok: false, error_code: code, description, ...more });

const send = (message = outgoing('e-1'), options: Parameters<typeof postTo>[1] = {}) =>
  telegramSender(postTo(receiver, options), `https://hooks.example.com:${receiver.port}`)(
    { address: '-100200300', secret: BOT },
    message,
    unhurried,
  );

/** Node's diagnostics channel that is told when a client has received the head of an answer. */
const CLIENT_HAS_HEAD = 'http.client.response.finish';

const failed = (fault: string, retryAfter = 0) => ({ kind: 'failed', fault, retryAfter });

test('a text that is shortened ends in no half character', async () => {
  await send(outgoing('e-1', null, { text: `x${'💪'.repeat(2_500)}` }));

  expect(Sent.parse(parseJson(receiver.received[0]?.body ?? '')).text.isWellFormed()).toBe(true);
});

test('a message is sent as the Bot API asks: its subject in bold, the text, the link', async () => {
  expect(await send()).toEqual({ kind: 'delivered' });

  const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
  expect(path).toBe(`/bot${BOT}/sendMessage`);
  expect(headers['content-type']).toBe('application/json');
  expect(Sent.parse(parseJson(body))).toEqual({
    chat_id: '-100200300',
    text: 'Plaza reservada: WOD\n\nTienes plaza en WOD (CrossFit Demo).\n\nhttps://page.example.com/#mine',
    entities: [{ type: 'bold', offset: 0, length: 20 }],
    link_preview_options: { is_disabled: true },
  });
});

test('marks inside a text stay as they are', async () => {
  const subject = 'Booked: *WOD* <b>_1_</b> 😀';
  await send(outgoing('e-1', null, { subject, link: null }));

  const { text, entities } = Sent.parse(parseJson(receiver.received[0]?.body ?? ''));
  expect(text.slice(0, entities[0]?.length)).toBe(subject);
});

test('a long text is shortened to what Telegram accepts', async () => {
  expect(await send(outgoing('e-1', null, { text: 'x'.repeat(9_000) }))).toEqual({ kind: 'delivered' });

  expect(Sent.safeParse(parseJson(receiver.received[0]?.body ?? '')).success).toBe(true);
});

test.each([
  [403, 'Forbidden: bot was blocked by the user', { kind: 'gone', fault: 'blocked' }],
  [400, 'Bad Request: chat not found', { kind: 'gone', fault: 'chat-not-found' }],
  [400, 'Bad Request: group chat was upgraded to a supergroup chat', { kind: 'gone', fault: 'chat-migrated' }],
  [401, 'Unauthorized', { kind: 'gone', fault: 'bot-not-found' }],
  [404, 'Not Found', { kind: 'gone', fault: 'bot-not-found' }],
  [400, 'Bad Request: message text is empty', failed('status-400')],
  [500, 'Internal Server Error', failed('status-500')],
])('%i "%s" is %o', async (code, description, expected) => {
  refuses(code, description);

  expect(await send()).toEqual(expected);
});

test('the pause that Telegram asks for is obeyed, up to six hours', async () => {
  refuses(429, 'Too Many Requests: retry after 35', { parameters: { retry_after: 35 } });
  expect(await send()).toEqual(failed('status-429', 35_000));

  refuses(429, 'Too Many Requests', { parameters: { retry_after: 999_999 } });
  expect(await send()).toEqual(failed('status-429', 6 * HOUR));
});

test('an answer without JSON, and a 200 that is not ok, are failures', async () => {
  receiver.answers((response) => void response.writeHead(502).end('<html>Bad Gateway'));
  expect(await send()).toEqual(failed('status-502'));

  answers(200, { ok: false, description: 'x' });
  expect(await send()).toEqual(failed('status-200'));
});

test('an endless answer is read up to a limit, and a redirect is not followed', async () => {
  receiver.answers((response) => {
    response.writeHead(500);
    const flood = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  });
  expect(await send()).toEqual(failed('status-500'));

  receiver.answers(status(307, { location: `https://hooks.example.com:${receiver.port}/elsewhere` }));
  expect(await send()).toEqual(failed('status-307'));
  expect(receiver.received).toHaveLength(2);
});

test('an answer that stops in its middle is judged by its status once the time is over', async () => {
  const { clock, pass } = heldDeadlines();
  const timeIsOver = () => setImmediate(pass, 15 * SECOND);
  onTestFinished(() => void unsubscribe(CLIENT_HAS_HEAD, timeIsOver));
  subscribe(CLIENT_HAS_HEAD, timeIsOver);

  receiver.answers((response) => void response.writeHead(403).write('{"ok":'));
  expect(await send(outgoing('e-1'), { clock })).toEqual({ kind: 'gone', fault: 'blocked' });
  receiver.answers((response) => void response.writeHead(200).write('{"ok":'));
  expect(await send(outgoing('e-1'), { clock })).toEqual({ kind: 'delivered' });
});

test('a server that hangs, and an address that is private, each have their own fault', async () => {
  const { clock, pass } = heldDeadlines();
  receiver.answers(() => pass(15 * SECOND));
  expect(await send(outgoing('e-1'), { clock })).toEqual(failed('timeout'));

  expect(await send(outgoing('e-1'), { resolver: { ...loopback, isPublic: isPublicAddress } })).toEqual(
    failed('address-not-public'),
  );
});
