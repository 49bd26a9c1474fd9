import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poster } from '../../lib/notifications/http-post.ts';
import { KINDS } from '../../lib/notifications/notification-settings.ts';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { settingsView } from '../../lib/notifications/settings-view.ts';
import { webhookSender } from '../../lib/notifications/webhook.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { HOOK, NotifiedMember } from '../support/notifications/delivery-world.ts';
import { loopback, startReceiver } from '../support/notifications/receiver.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const OUT = { kind: 'failed', fault: 'status-500', retryAfter: 0 } as const;

async function memberWith(settings: object) {
  const member = new NotifiedMember(dynamo.documents);
  await member.set(settings);
  return member;
}

/** Lets time pass and retries after each step. */
async function pass(member: NotifiedMember, millis: number, step = MINUTE) {
  for (let passed = 0; passed < millis; passed += step) {
    member.clock.advance(step);
    await member.retry();
  }
}

test('a member is notified once on each chosen channel, however often the event is received', async () => {
  const member = await memberWith({ webhook: { url: HOOK }, email: true, language: 'en' });
  const event = member.event();

  expect(await member.notify(event)).toEqual(['sent', 'sent']);
  expect(await member.notify(event)).toEqual([]);
  await pass(member, 3 * MINUTE);

  expect(member.sent).toMatchObject([{ url: HOOK, id: event.detail.eventId }]);
  expect(JSON.parse(defined(member.sent[0]).body)).toEqual({
    type: 'prebooking.booked',
    timestamp: '2026-03-20T12:00:00.000Z',
    data: {
      ...event.detail,
      subject: member.mails[0]?.subject,
      text: 'You have a place in WOD (CrossFit Demo) on Saturday 21 March at 19:30.',
    },
  });
  expect(member.mails).toEqual([
    {
      to: member.email,
      subject: 'Booked: WOD, Saturday 21 March, 19:30',
      text: 'You have a place in WOD (CrossFit Demo) on Saturday 21 March at 19:30.\n\nhttps://page.example.com/#mine',
    },
  ]);
  expect(member.counted('MessagesSent')).toBe(2);
});

test('a member who has set nothing, or not this kind of event, is not notified', async () => {
  const [nothing, failures] = [
    new NotifiedMember(dynamo.documents),
    await memberWith({ email: true, events: ['failed'] }),
  ];

  expect(await nothing.notify(nothing.event())).toEqual([]);
  expect(await failures.notify(failures.event('booked'))).toEqual([]);
  expect(await failures.notify(failures.event('class-full'))).toEqual(['sent']);
});

test('a member on a waitlist reads that a seat will be told only if it will', async () => {
  const settings = { email: true, language: 'en' };
  const [told, muted] = [
    await memberWith(settings),
    await memberWith({ ...settings, events: KINDS.filter((kind) => kind !== 'promoted') }),
  ];
  await told.notify(told.event('waitlisted'));
  await muted.notify(muted.event('waitlisted'));

  const waiting = 'You are on the waitlist for WOD (CrossFit Demo) on Saturday 21 March at 19:30.';
  const [first, second] = [told, muted].map(({ mails }) => defined(mails[0]).text.split('\n')[0]);
  expect(first).toBe(`${waiting} We will tell you if you get a seat.`);
  expect(second).toBe(waiting);
});

test('a webhook that was down gets the missed message under the same id, and no longer counts as failing', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  member.webhookAnswer = OUT;
  const event = member.event();

  expect(await member.notify(event)).toEqual(['failed']);
  expect(await member.webhook()).toMatchObject({ lastError: 'status-500', failingSince: member.clock.now() });
  member.webhookAnswer = { kind: 'delivered' };
  await pass(member, 2 * MINUTE);

  expect(member.sent.map(({ id }) => id)).toEqual([event.detail.eventId, event.detail.eventId]);
  expect(member.sent[0]?.body).toBe(member.sent[1]?.body);
  expect(await member.webhook()).toMatchObject({ lastError: null, failingSince: null, disabledAt: null });
});

test('a webhook that accepts nothing for a week is tried less and less, then disabled, and its member gets a mail about it', async () => {
  const member = await memberWith({ webhook: { url: HOOK }, email: true, language: 'es', events: ['failed'] });
  member.webhookAnswer = OUT;
  await member.notify(member.event('class-full'));
  const [first] = member.mails;

  await pass(member, 7 * DAY - HOUR, HOUR);
  expect(await member.webhook()).toMatchObject({ disabledAt: null });
  expect(member.mails).toEqual([first]);
  const tries = member.sent.length;
  await member.notify(member.event('class-full'));
  await pass(member, 4 * HOUR, HOUR);

  expect(tries).toBeGreaterThan(25);
  expect(tries).toBeLessThan(40);
  const settings = defined(await member.deps.settings.find(member.email));
  expect(settingsView(settings, []).webhook).toMatchObject({ state: 'disabled', lastError: 'status-500' });
  expect(member.mails.slice(-1)).toMatchObject([{ subject: 'Tu webhook se ha desactivado' }]);
  expect(member.mails).toHaveLength(3);
  expect(member.lines.filter((line) => line.startsWith('["receiver-ended"'))).toHaveLength(1);
  expect(member.counted('WebhooksDisabled')).toBe(1);

  const sent = member.sent.length;
  await pass(member, 7 * DAY, 6 * HOUR);
  expect(await member.notify(member.event('class-full'))).toEqual(['sent']);
  expect(member.sent).toHaveLength(sent);
});

test('a webhook that recovers in between is never disabled', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  for (let day = 0; day < 20; day += 1) {
    member.webhookAnswer = day % 5 === 0 ? { kind: 'delivered' } : OUT;
    await member.notify(member.event());
    await pass(member, DAY, 6 * HOUR);
  }

  expect(await member.webhook()).toMatchObject({ disabledAt: null });
});

test('a receiver that answers 410 is disabled at once, and its waiting messages are dropped', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  member.webhookAnswer = OUT;
  await member.notify(member.event());
  member.webhookAnswer = { kind: 'gone', fault: 'status-410' };

  await member.notify(member.event());

  expect(await member.webhook()).toMatchObject({ lastError: 'status-410', disabledAt: expect.any(Number) });
  await member.set({ webhook: { url: HOOK } });
  await pass(member, DAY, HOUR);
  expect(member.sent).toHaveLength(2);
  expect(member.mails).toEqual([]);
});

test('waiting messages go to the webhook that replaces the old one; without a webhook they are dropped', async () => {
  const [moved, gone] = [await memberWith({ webhook: { url: HOOK } }), await memberWith({ webhook: { url: HOOK } })];
  for (const member of [moved, gone]) {
    member.webhookAnswer = OUT;
    await member.notify(member.event());
    member.webhookAnswer = { kind: 'delivered' };
  }
  const { secret } = await moved.set({ webhook: { url: 'https://other.example.com/' } });
  await gone.settings.remove(gone.email);

  for (const member of [moved, gone]) await pass(member, 2 * MINUTE);

  expect(moved.sent[1]).toMatchObject({ url: 'https://other.example.com/', secret });
  expect(gone.sent).toHaveLength(1);
});

test('a receiver that is down gets one request a minute, however many messages wait for it', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  member.webhookAnswer = OUT;
  for (let n = 0; n < 5; n += 1) await member.notify(member.event());
  member.clock.advance(2 * MINUTE);
  const before = member.sent.length;

  expect(await member.retry()).toMatchObject({ failed: 1, left: 4 });
  expect(member.sent).toHaveLength(before + 1);
});

test('concurrent runs send no message twice', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  member.webhookAnswer = OUT;
  for (let n = 0; n < 5; n += 1) await member.notify(member.event());
  member.webhookAnswer = { kind: 'delivered' };
  member.clock.advance(2 * MINUTE);
  const before = member.sent.length;

  await Promise.all([member.retry(), member.retry(), member.retry()]);

  expect(
    member.sent
      .slice(before)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([...new Set(member.sent.slice(before).map(({ id }) => id))].toSorted());
  expect(member.sent).toHaveLength(before + 5);
});

test('mail is retried while SES is busy, and given up after five refusals', async () => {
  const [busy, refused] = [await memberWith({ email: true }), await memberWith({ email: true })];
  busy.mailAnswer = { kind: 'failed', fault: 'TooManyRequestsException', isTransient: true };
  refused.mailAnswer = { kind: 'failed', fault: 'MessageRejected', isTransient: false };

  for (const member of [busy, refused]) {
    await member.notify(member.event());
    await pass(member, 20 * HOUR, HOUR / 2);
  }

  expect(refused.mails).toHaveLength(5);
  expect(refused.lines.filter((line) => line.includes('message-given-up'))).toHaveLength(1);
  expect(busy.mails.length).toBeGreaterThan(5);
  busy.mailAnswer = { kind: 'delivered' };
  await pass(busy, 4 * HOUR, HOUR / 2);
  expect(busy.counted('MessagesSent')).toBe(1);
});

test('no delivery is started that may not end within the run', async () => {
  const member = await memberWith({ webhook: { url: HOOK } });
  member.webhookAnswer = OUT;
  await member.notify(member.event());
  member.clock.advance(2 * MINUTE);

  expect(await member.retry(member.clock.monotonic() - 1)).toMatchObject({ failed: 0, left: 1 });
  expect(member.sent).toHaveLength(1);
});

test('the log holds neither the member’s address nor the webhook’s URL or secret', async () => {
  const member = new NotifiedMember(dynamo.documents);
  const { secret } = await member.set({ webhook: { url: HOOK }, email: true });
  member.webhookAnswer = OUT;
  member.mailAnswer = { kind: 'failed', fault: 'MessageRejected', isTransient: false };
  await member.notify(member.event());
  await pass(member, 8 * DAY, 6 * HOUR);

  expect(member.lines.length).toBeGreaterThan(10);
  for (const hidden of [member.email, 'hooks.example.com', 'of-the-member', defined(secret)])
    expect(member.lines.filter((line) => line.includes(hidden))).toEqual([]);
});

test('a real receiver verifies the message; a host that resolves to loopback by then is refused', async () => {
  const receiver = await startReceiver();
  const answers = [{ address: '8.8.8.8', family: 4 }];
  const rebinding = {
    isPublic: isPublicAddress,
    resolve: async () => [answers.shift() ?? { address: '127.0.0.1', family: 4 }],
  };
  const sender = (resolver: typeof loopback) => ({
    webhook: webhookSender(poster({ clock: systemClock, resolver, ca: receiver.ca }), systemClock),
  });
  const member = new NotifiedMember(dynamo.documents, { senders: sender(loopback) });
  const victim = new NotifiedMember(dynamo.documents, { senders: sender(rebinding) });
  const url = receiver.url.replace(String(receiver.port), '8443');
  const { secret } = await member.set({ webhook: { url } });
  await victim.set({ webhook: { url } }, { resolver: rebinding });
  await toPort(member, receiver.url);
  await toPort(victim, receiver.url);

  expect(await member.notify(member.event())).toEqual(['sent']);
  expect(await victim.notify(victim.event())).toEqual(['failed']);

  expect(await victim.webhook()).toMatchObject({ lastError: 'address-not-public' });
  expect(receiver.received).toHaveLength(1);
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
  expect(new Webhook(defined(secret)).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'prebooking.booked',
    data: { className: 'WOD', email: member.email },
  });
  receiver.stop();
});

/** Points the webhook at the test's server, whose port no member could set. */
async function toPort(member: NotifiedMember, url: string) {
  const { settings, email } = member;
  const seen = defined(await settings.find(email));
  const encryptedSecret = defined(seen.webhook?.encryptedSecret ?? undefined);
  await settings.save(email, seen, { webhook: { address: url, encryptedSecret } }, seen);
}
