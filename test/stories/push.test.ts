import { afterAll, beforeAll, expect, test } from 'vitest';
import { PushSubscriptions } from '../../lib/notifications/push-subscriptions.ts';
import { LIMITS } from '../../lib/platform/limits.ts';
import { startBrowser } from '../support/notifications/push-browser.ts';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A browser's subscription. Its host is no name that can be found, so nothing is ever sent there. */
const subscription = (name: string) => ({
  endpoint: `https://push.invalid/${name}`,
  keys: startBrowser().texts,
});

async function loggedIn(fingerprint = 'phone-12345', member = world.member()) {
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint })) };
}

const browsersOf = async (email: string) =>
  (await new PushSubscriptions({ documents: world.documents, table: 'pushSubscriptions' }).list(email)).map(
    ({ endpoint }) => endpoint,
  );

test('a browser is subscribed with the installation’s key, shown without its keys, and unsubscribed', async () => {
  const { phone } = await loggedIn();
  const browser = subscription('one');

  const subscribed = await phone.post('/v1/notifications/push', browser);

  expect(subscribed.status).toBe(201);
  const shown = {
    endpoint: browser.endpoint,
    fingerprint: 'phone-12345',
    createdAt: expect.any(String),
    lastError: null,
  };
  expect(subscribed.body).toEqual({ subscription: shown });
  const settings = await phone.get('/v1/notifications');
  expect(settings.body['notifications']).toMatchObject({
    push: [shown],
    pushPublicKey: expect.stringMatching(/^B[\w-]{86}$/),
  });
  expect(JSON.stringify(settings.body)).not.toContain(browser.keys.auth);

  expect((await phone.delete('/v1/notifications/push', { endpoint: browser.endpoint })).status).toBe(204);
  expect((await phone.delete('/v1/notifications/push', { endpoint: browser.endpoint })).status).toBe(204);
  expect((await phone.get('/v1/notifications')).body['notifications']).toMatchObject({ push: [] });
});

test('a browser ends with its device’s logout, with the end of its session, and with all notifications', async () => {
  const { member, phone } = await loggedIn('phone-12345');
  const { phone: tablet } = await loggedIn('tablet-12345', member);
  const { phone: desk } = await loggedIn('desk-12345', member);
  for (const [device, name] of [
    [phone, 'phone'],
    [tablet, 'tablet'],
    [desk, 'desk'],
  ] as const)
    await device.post('/v1/notifications/push', subscription(name));

  await phone.post('/v1/logout', { fingerprint: 'phone-12345' });
  expect(await browsersOf(member.email)).toEqual(['https://push.invalid/tablet', 'https://push.invalid/desk']);
  await desk.delete('/v1/sessions/tablet-12345');
  expect(await browsersOf(member.email)).toEqual(['https://push.invalid/desk']);
  await desk.delete('/v1/notifications');
  expect(await browsersOf(member.email)).toEqual([]);
});

test('the device that makes room for the 21st gets no more messages', async () => {
  const { member, phone } = await loggedIn('oldest-12345');
  await phone.post('/v1/notifications/push', subscription('oldest'));
  for (let device = 1; device < LIMITS.deviceSessions; device += 1) await loggedIn(`device-${device}-12345`, member);
  expect(await browsersOf(member.email)).toEqual(['https://push.invalid/oldest']);

  await loggedIn('newest-12345', member);

  expect(await browsersOf(member.email)).toEqual([]);
});

test('a session that AimHarder ends, or that is over, leaves the browser subscribed; the next login finds it', async () => {
  const { member, phone } = await loggedIn();
  await phone.post('/v1/notifications/push', subscription('stays'));
  world.simulator.endSession({ email: member.email });

  const { phone: again } = await loggedIn('phone-12345', member);

  expect((await again.get('/v1/notifications')).body['notifications']).toMatchObject({
    push: [{ endpoint: 'https://push.invalid/stays', fingerprint: 'phone-12345' }],
  });
});

test('logging out everywhere takes every browser', async () => {
  const { member, phone } = await loggedIn();
  await phone.post('/v1/notifications/push', subscription('last'));

  await phone.post('/v1/logout', {});

  expect(await browsersOf(member.email)).toEqual([]);
});

test('another member who subscribes on the same browser takes it over', async () => {
  const [first, second] = [await loggedIn(), await loggedIn()];
  const browser = subscription('shared');

  await first.phone.post('/v1/notifications/push', browser);
  await second.phone.post('/v1/notifications/push', browser);

  expect([await browsersOf(first.member.email), await browsersOf(second.member.email)]).toEqual([
    [],
    [browser.endpoint],
  ]);
});

test('what is no subscription is refused, by name', async () => {
  const { phone } = await loggedIn();
  const browser = subscription('refused');

  for (const [body, detail] of [
    [{ ...browser, endpoint: 'http://push.invalid/a' }, 'body.endpoint: '],
    [{ ...browser, endpoint: 'https://127.0.0.1/a' }, 'body.endpoint: '],
    [{ ...browser, keys: { ...browser.keys, p256dh: 'AAAA' } }, 'body.keys.p256dh: '],
    [{ endpoint: browser.endpoint }, 'body.keys'],
  ] as const) {
    const refused = await phone.post('/v1/notifications/push', body);
    expectProblem(refused, 400, 'invalid-request');
    expect(refused.body['detail']).toContain(detail);
  }
});

test('an account takes its browsers with it; the export shows them without keys', async () => {
  const { member, phone } = await loggedIn();
  const browser = subscription('exported');
  await phone.post('/v1/notifications/push', browser);

  const exported = JSON.stringify((await phone.get('/v1/account')).body);
  expect(exported).toContain(browser.endpoint);
  expect(exported).not.toContain(browser.keys.auth);
  expect((await phone.delete('/v1/account')).status).toBe(204);
  expect(await browsersOf(member.email)).toEqual([]);
});

test('a browser whose push service cannot be found is tried, and shown with the reason', async () => {
  const { member, phone } = await loggedIn();
  await phone.post('/v1/notifications/push', subscription('lost'));

  const tested = await phone.post('/v1/notifications/test');

  expect(tested.body).toMatchObject({ sent: [], failed: [{ channel: 'push' }] });
  expect((await phone.get('/v1/notifications')).body['notifications']).toMatchObject({
    push: [{ lastError: expect.stringMatching(/^(host-not-found|unreachable)$/) }],
  });
  expect(world.lines.filter((line) => line.includes('push.invalid') || line.includes(member.email))).toEqual([]);
});
