import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { KINDS } from '../../lib/notifications/notification-settings.ts';
import { type PushSubscription, PushSubscriptions } from '../../lib/notifications/push-subscriptions.ts';
import { subscribePush } from '../../lib/notifications/subscribe-push.ts';
import { deriveVapidKey } from '../../lib/notifications/vapid.ts';
import { pushChannel, pushSender } from '../../lib/notifications/web-push.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { NotifiedMember } from '../support/notifications/delivery-world.ts';
import { postTo } from '../support/notifications/post-world.ts';
import { checkPush, startBrowser } from '../support/notifications/push-browser.ts';
import { type Receiver, startReceiver, status } from '../support/notifications/receiver.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined, storeKeys } from '../support/sessions/session-world.ts';

const KEY = deriveVapidKey('a-secret-text-of-the-installation-of-43-letters');
const secrets = async () => ({ keys: storeKeys });

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let service: Receiver;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  service = await startReceiver();
  service.answers(status(201));
});
afterEach(() => service.stop());

/** A member with a push service on loopback. */
function world() {
  const subscriptions = new PushSubscriptions({ documents: dynamo.documents, table: 'pushSubscriptions' });
  const send = pushSender({
    ...{ post: postTo(service), vapidKey: async () => KEY, subject: 'mailto:gym@example.com', clock: systemClock },
  });
  const member = new NotifiedMember(dynamo.documents, { adapters: [pushChannel({ subscriptions, secrets, send })] });
  const subscribe = async (path: string, { email = member.email, fingerprint = 'phone-12345' } = {}) => {
    const browser = startBrowser();
    const endpoint = `https://hooks.example.com:${service.port}/${path}`;
    const deps = { subscriptions, secrets, clock: member.clock };
    await subscribePush(deps, { email, fingerprint }, { endpoint, keys: browser.texts });
    return browser;
  };
  return { member, subscriptions, subscribe };
}

const paths = () => service.received.map(({ path }) => path);

async function pass(member: NotifiedMember, millis: number, step = MINUTE) {
  for (let passed = 0; passed < millis; passed += step) {
    member.clock.advance(step);
    await member.retry();
  }
}

const PREBOOKING = {
  ...{ version: '1' as const, prebookingId: 'e', box: 'crossfit-demo', day: '2026-03-21', classId: '42' },
  ...{ familyId: null, className: 'WOD', classStartsAt: '2026-03-21T18:30:00.000Z' },
  opensAt: '2026-03-20T23:59:00.000Z',
};

test('a member without any setting is told on each subscribed browser: booked, failed, login needed, routine blocked', async () => {
  const { member, subscribe } = world();
  const [phone, tablet] = [await subscribe('phone'), await subscribe('tablet', { fingerprint: 'tablet-1234' })];
  const { email } = member;
  const routine = { ...PREBOOKING, routineId: 'r', code: 'class-moved' as const, suggestions: [] };
  const { prebookingId: _, classId: __, familyId: ___, opensAt: ____, ...blocked } = routine;

  const titles: string[] = [];
  for (const event of [
    member.event('booked'),
    member.event('class-full'),
    { type: 'PreBooking AtRisk' as const, detail: { ...PREBOOKING, email, eventId: 'risk' } },
    { type: 'Routine Blocked' as const, detail: { ...blocked, email, eventId: 'blocked' } },
  ]) {
    const before = service.received.length;
    expect(await member.notify(event)).toEqual(['sent', 'sent']);
    const requests = service.received.slice(before);
    const [onPhone, onTablet] = ['/phone', '/tablet'].map((path) => requests.find((one) => one.path === path));
    const shown = phone.read(defined(onPhone).raw);
    expect(tablet.read(defined(onTablet).raw)).toEqual(shown);
    checkPush(service, KEY.publicKey);
    expect(shown.body).toContain('CrossFit Demo');
    titles.push(shown.title);
  }

  expect(titles.map((title) => title.split(':')[0])).toEqual([
    'Plaza reservada',
    'Sin plaza',
    'Inicia sesión para que podamos reservar',
    'Tu rutina no puede reservar',
  ]);
});

test('a browser that is gone is removed, and nobody is bothered with that', async () => {
  for (const code of [404, 410]) {
    const { member, subscriptions, subscribe } = world();
    await member.set({ email: true });
    await subscribe(`gone-${code}`);
    service.answers(status(code));

    expect((await member.notify(member.event())).toSorted()).toEqual(['failed', 'sent']);
    await pass(member, 3 * MINUTE);

    expect(await subscriptions.list(member.email)).toEqual([]);
    expect(paths().filter((path) => path === `/gone-${code}`)).toHaveLength(1);
    expect(member.mails).toHaveLength(1);
  }
});

test('a push service that asks for a pause gets it, then the message once; its browser is not removed', async () => {
  const { member, subscriptions, subscribe } = world();
  await subscribe('busy');
  service.answers(status(429, { 'retry-after': '600' }));
  expect(await member.notify(member.event())).toEqual(['failed']);
  expect(await subscriptions.list(member.email)).toMatchObject([{ lastError: 'status-429' }]);
  service.answers(status(201));

  await pass(member, 9 * MINUTE);
  expect(paths()).toHaveLength(1);
  await pass(member, 5 * MINUTE);

  expect(paths()).toHaveLength(2);
  expect(await subscriptions.list(member.email)).toMatchObject([{ lastError: null, failingSince: null }]);
});

test('a message that waits is left out once a later one about the same pre-booking is there', async () => {
  const { member, subscribe } = world();
  const phone = await subscribe('phone');
  service.answers(status(503));
  await member.notify({ type: 'PreBooking AtRisk', detail: { ...PREBOOKING, email: member.email, eventId: 'risk' } });
  service.answers(status(201));
  member.clock.advance(10);
  await member.notify(member.event('booked'));
  await pass(member, HOUR, 10 * MINUTE);

  expect(service.received.map(({ raw }) => phone.read(raw).title.split(':')[0])).toEqual([
    'Inicia sesión para que podamos reservar',
    'Plaza reservada',
  ]);
  expect(service.received[0]?.headers['topic']).toBe(service.received[1]?.headers['topic']);
});

test('an event that is told late takes the place of no later one about the same pre-booking', async () => {
  const { member, subscribe } = world();
  const phone = await subscribe('phone');
  const at = member.clock.now();
  const risk = { ...PREBOOKING, email: member.email, eventId: 'risk' };
  const lost = { ...PREBOOKING, email: member.email, eventId: 'lost' };
  await member.set({ language: 'en', events: [...KINDS] });

  expect(await member.notify(member.event('booked'), at + MINUTE)).toEqual(['sent']);
  expect(await member.notify({ type: 'PreBooking AtRisk', detail: risk }, at)).toEqual(['dropped']);
  expect(await member.notify({ type: 'WakeUp Lost', detail: lost }, at + 2 * MINUTE)).toEqual(['sent']);

  const [booked, wakeUp] = service.received;
  const pushed = phone.read(defined(booked).raw);
  expect(pushed).toMatchObject({ title: expect.stringMatching(/^Booked/), at: at + MINUTE });
  expect(defined(booked).headers['topic']).toBeDefined();
  expect(defined(wakeUp).headers['topic']).toBeUndefined();
  expect(service.received).toHaveLength(2);
});

test('a browser whose push service accepts nothing for a week is removed', async () => {
  const { member, subscriptions, subscribe } = world();
  await subscribe('out');
  service.answers(status(500));
  await member.notify(member.event());

  await pass(member, 7 * DAY + 2 * HOUR, HOUR);

  expect(await subscriptions.list(member.email)).toEqual([]);
});

test('a browser has one owner: who subscribes on it last', async () => {
  const [first, second] = [world(), world()];
  await first.subscribe('shared');
  await second.subscribe('shared');

  expect(await first.member.notify(first.member.event())).toEqual([]);
  expect(await second.member.notify(second.member.event())).toEqual(['sent']);
});

test('the twenty-first browser of a member replaces the oldest', async () => {
  const { member, subscriptions, subscribe } = world();
  for (let count = 0; count < 21; count += 1) {
    member.clock.advance(1);
    await subscribe(`browser-${count}`);
  }

  const left = (await subscriptions.list(member.email)).map(({ endpoint }) => new URL(endpoint).pathname);
  expect(left).toHaveLength(20);
  expect(left).not.toContain('/browser-0');
});

test('a device takes its browsers with it, and no others', async () => {
  const { member, subscriptions, subscribe } = world();
  await subscribe('phone');
  await subscribe('tablet', { fingerprint: 'tablet-1234' });

  await subscriptions.removeAllOf(member.email, 'phone-12345');

  expect(await subscriptions.list(member.email)).toMatchObject([{ fingerprint: 'tablet-1234' }]);
});

test('a browser that cannot be read goes with the device that it may belong to', async () => {
  const { member, subscriptions, subscribe } = world();
  for (const [name, fingerprint] of [
    ['phone', 'phone-12345'],
    ['tablet', 'tablet-1234'],
    ['nobody', 'nobody-1234'],
  ] as const)
    await subscribe(name, { fingerprint });
  const stored = await subscriptions.list(member.email);
  const damage = (name: string, UpdateExpression: string) =>
    dynamo.documents.send(
      new UpdateCommand({
        ...{ TableName: 'pushSubscriptions', UpdateExpression },
        Key: { email: member.email, id: defined(stored.find(({ endpoint }) => endpoint.endsWith(name))).id },
      }),
    );
  await damage('phone', 'REMOVE encryptedKeys');
  await damage('tablet', 'REMOVE encryptedKeys');
  await damage('nobody', 'REMOVE fingerprint');
  const left = async () => {
    const { Items = [] } = await dynamo.documents.send(
      new QueryCommand({
        ...{ TableName: 'pushSubscriptions', KeyConditionExpression: 'email = :email' },
        ExpressionAttributeValues: { ':email': member.email },
      }),
    );
    return Items.map((item) => new URL(String(item['endpoint'])).pathname);
  };

  await subscriptions.removeAllOf(member.email, 'phone-12345');
  expect(await left()).toEqual(['/tablet']);
  await subscriptions.removeAllOf(member.email);
  expect(await left()).toEqual([]);
});

test('a late answer about an earlier subscription changes nothing about the one that replaced it', async () => {
  const { member, subscriptions, subscribe } = world();
  await subscribe('phone');
  const [seen]: readonly PushSubscription[] = await subscriptions.list(member.email);
  await subscribe('phone');

  expect(await subscriptions.removeSeen(defined(seen))).toBe(false);
  expect(await subscriptions.recordFailure(defined(seen), 'timeout', 0)).toBeUndefined();
  expect(await subscriptions.list(member.email)).toMatchObject([{ lastError: null }]);
});

test('the keys of a browser are stored encrypted', async () => {
  const { member, subscriptions, subscribe } = world();
  const { texts } = await subscribe('phone');

  const stored = JSON.stringify(await subscriptions.list(member.email));
  for (const hidden of [texts.auth, texts.p256dh]) expect(stored).not.toContain(hidden);
});

test('a test names the channel once, however many browsers there are, and each browser that fails', async () => {
  const { member, subscribe } = world();
  await subscribe('phone');
  await subscribe('tablet', { fingerprint: 'tablet-1234' });

  expect(await member.test()).toEqual({ sent: ['push'], failed: [] });
  service.answers(status(500));
  expect(await member.test()).toEqual({
    sent: [],
    failed: [
      { channel: 'push', reason: 'status-500' },
      { channel: 'push', reason: 'status-500' },
    ],
  });
});
