import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETAILS } from '../../lib/events/event-schemas.ts';
import { NotificationsBody } from '../../lib/notifications/notification-api.ts';
import { KINDS } from '../../lib/notifications/notification-settings.ts';
import { setNotifications } from '../../lib/notifications/set-notifications.ts';
import { SettingsStore } from '../../lib/notifications/settings-store.ts';
import { HOUR } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { HOOK } from '../support/notifications/delivery-world.ts';
import { loopback } from '../support/notifications/receiver.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const DEFAULTS = {
  ...{ webhook: null, ntfy: null, telegram: null, push: [], pushPublicKey: expect.any(String) },
  email: false,
  language: 'es',
  events: [...KINDS],
};

async function loggedIn() {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
}
const sweep = async (scheduledTime = '2027-01-01T10:07:00Z') => {
  await world.stack.invoke('sweep', { scheduledTime });
  await world.stack.eventRule.waitUntilIdle();
};
const mailsTo = (email: string) => world.stack.inbox.mails.filter(({ to }) => to === email);
const typesOf = (email: string) =>
  world.stack.events.filter(({ detail }) => (detail as Json)['email'] === email).map(({ detailType }) => detailType);

/** Sets a webhook as its member would, where names can be looked up. */
async function withWebhook(email: string, more: object = {}) {
  const settings = new SettingsStore({ documents: world.documents, table: 'notifications' });
  const secrets = async () => ({ keys: world.keys });
  const deps = {
    settings,
    secrets,
    resolver: loopback,
    clock: world.clock,
    sendsMail: true,
    privateHosts: new Set<string>(),
  };
  await setNotifications(
    deps,
    email,
    NotificationsBody.parse({ webhook: { url: HOOK }, ...more }),
    new AbortController().signal,
  );
}

test('settings are the last ones set, until they are deleted', async () => {
  const { phone } = await loggedIn();
  expect((await phone.get('/v1/notifications')).body).toEqual({ notifications: DEFAULTS });

  const wanted = { email: true, language: 'ca', events: ['failed', 'login-needed'] };
  const set = await phone.put('/v1/notifications', wanted);

  expect(set.status).toBe(200);
  expect(set.headers.get('cache-control')).toBe('no-store');
  expect(set.body).toEqual({ notifications: { ...DEFAULTS, ...wanted } });
  expect((await phone.get('/v1/notifications')).body).toEqual(set.body);
  expect((await phone.delete('/v1/notifications')).status).toBe(204);
  expect((await phone.delete('/v1/notifications')).status).toBe(204);
  expect((await phone.get('/v1/notifications')).body).toEqual({ notifications: DEFAULTS });
});

test('a webhook is shown to its member only, without its secret', async () => {
  const [{ member, phone }, other] = [await loggedIn(), await loggedIn()];
  await withWebhook(member.email);

  expect((await phone.get('/v1/notifications')).body).toEqual({
    notifications: { ...DEFAULTS, webhook: { url: HOOK, state: 'active', disabledAt: null, lastError: null } },
  });
  expect((await other.phone.get('/v1/notifications')).body).toEqual({ notifications: DEFAULTS });
});

test.each([
  ['plain HTTP', { webhook: { url: 'http://hooks.example.com/' } }, 'body.webhook.url: '],
  ['an address', { webhook: { url: 'https://169.254.169.254/latest/' } }, 'body.webhook.url: '],
  ['a name that leads home', { webhook: { url: 'https://localhost/' } }, 'body.webhook.url: '],
  ['a name that leads nowhere', { webhook: { url: 'https://receiver.invalid/' } }, 'body.webhook.url: '],
  ['a user in the URL', { webhook: { url: 'https://me:pw@hooks.example.com/' } }, 'body.webhook.url: '],
  ['another port', { webhook: { url: 'https://hooks.example.com:22/' } }, 'body.webhook.url: '],
  ['a language', { language: 'fr' }, 'body.language: '],
  ['an event', { events: ['lunch'] }, 'body.events.0: '],
  ['a field', { sms: true }, 'body: unknown "sms"'],
])('%s is refused, by name, and nothing is changed', async (_name, body, detail) => {
  const { phone } = await loggedIn();

  const refused = await phone.put('/v1/notifications', { email: true, ...body });

  expectProblem(refused, 400, 'invalid-request');
  expect(refused.body['detail']).toContain(detail);
  expect(JSON.stringify(refused.body)).not.toContain('hooks.example.com');
  expect((await phone.get('/v1/notifications')).body).toEqual({ notifications: DEFAULTS });
});

test('a booking is notified once by mail, in the member’s language; the inbox page shows both', async () => {
  const { member, phone } = await loggedIn();
  await phone.put('/v1/notifications', { email: true, language: 'ca', events: ['booked'] });
  const added = await world.addClass({ opensInMs: AHEAD, name: 'WOD <b>&' });
  const ordered = await phone.post('/v1/prebookings', added);
  await world.skipTo(added.opensAt);
  await world.finished(member, String((ordered.body['prebooking'] as Json)['id']));

  await sweep();
  await sweep();

  expect(mailsTo(member.email)).toMatchObject([
    {
      subject: expect.stringMatching(/^Plaça reservada: WOD <b>&, /),
      text: expect.stringMatching(/^Tens plaça a WOD/),
    },
  ]);
  const page = await fetch(new URL('/inbox', world.stack.url));
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  for (const shown of ['Plaça reservada: WOD &lt;b&gt;&amp;', 'Booked: WOD &lt;b&gt;&amp;', member.email])
    expect(html).toContain(shown);
  expect(html).not.toContain('WOD <b>');
  const logged = world.lines.filter((line) => line.includes('"inbox-message"') || line.includes('message-sent'));
  expect(logged.length).toBeGreaterThan(1);
  expect(world.lines.filter((line) => line.includes(member.email))).toEqual([]);
});

test('a member whose session AimHarder ends is notified, with the next opening that needs a login', async () => {
  const { member, phone } = await loggedIn();
  await phone.put('/v1/notifications', { email: true, language: 'en', events: ['login-needed'] });
  const { wanted, opensAt } = await world.classNotYetOpen();
  const ordered = await phone.post('/v1/prebookings', { ...wanted, opensAt });
  const { className } = ordered.body['prebooking'] as Json;

  world.simulator.endSession({ email: member.email });
  await world.turnTheWheel();
  await world.stack.eventRule.waitUntilIdle();

  const opens = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Madrid', day: 'numeric', month: 'long' });
  expect(mailsTo(member.email)).toMatchObject([{ subject: expect.stringContaining(String(className)) }]);
  expect(mailsTo(member.email)[0]?.text).toContain(opens.format(Date.parse(opensAt)));

  await sweep(toIso(Date.parse(opensAt) - 12 * HOUR));
  await sweep(toIso(Date.parse(opensAt) - 2 * HOUR));
  expect(typesOf(member.email)).toEqual(['Session LoginRequired', 'PreBooking AtRisk', 'PreBooking AtRisk']);
  expect(mailsTo(member.email)).toHaveLength(3);
});

test('a lost or late wake-up is reported beside the outcome', async () => {
  const { member, phone } = await loggedIn();
  await phone.put('/v1/notifications', { email: true, language: 'es' });
  const { id } = await world.forgottenPrebooking(member.email, { opensInMs: -1_000 });

  await sweep();
  await world.finished(member, id);
  await sweep();

  expect(typesOf(member.email)).toEqual(['WakeUp Lost', 'WakeUp Late', 'PreBooking Booked']);
  for (const { detailType, detail } of world.stack.events)
    expect({ detailType, error: DETAILS[detailType as keyof typeof DETAILS].safeParse(detail).error }).toEqual({
      detailType,
      error: undefined,
    });
  expect(
    mailsTo(member.email)
      .map(({ subject }) => subject.split(':')[0])
      .toSorted(),
  ).toEqual(['La reserva empezó tarde', 'La reserva no empezó por sí sola', 'Plaza reservada']);
});

test('the sweep goes on while the bus refuses events', async () => {
  const { member } = await loggedIn();
  const forgotten = [-1_000, -500].map((opensInMs) => world.forgottenPrebooking(member.email, { opensInMs }));
  const ids = (await Promise.all(forgotten)).map(({ id }) => id);
  world.stack.refuseEvents(true);

  const swept = await world.stack.invoke('sweep', { scheduledTime: '2027-01-01T10:07:00Z' });
  world.stack.refuseEvents(false);

  expect(swept.functionError).toBeUndefined();
  for (const id of ids) expect(await world.finished(member, id)).toMatchObject({ status: 'booked' });
});

test('a webhook that cannot be reached is shown in the settings, and retried', async () => {
  const { member, phone } = await loggedIn();
  await withWebhook(member.email);
  const { id } = await world.forgottenPrebooking(member.email, { opensInMs: -1_000 });
  await sweep();
  await world.finished(member, id);

  await sweep();

  expect((await phone.get('/v1/notifications')).body['notifications']).toMatchObject({
    webhook: { state: 'active', lastError: expect.stringMatching(/^(host-not-found|unreachable|address-not-public)$/) },
  });
  expect(world.lines.filter((line) => line.includes('message-not-sent')).length).toBeGreaterThan(0);
  expect(world.lines.filter((line) => line.includes('hooks.example.com'))).toEqual([]);
  expect((await world.stack.invoke('retry-notifications', {})).payload).toMatchObject({ sent: 0 });
});

test('mail that SES throttles stays due, and raises no alarm', async () => {
  const { member, phone } = await loggedIn();
  await phone.put('/v1/notifications', { email: true });
  world.stack.inbox.refuseMail({ status: 429, type: 'TooManyRequestsException' });
  const { id } = await world.forgottenPrebooking(member.email, { opensInMs: -1_000 });
  await sweep();
  await world.finished(member, id);
  await sweep();
  world.stack.inbox.refuseMail(undefined);

  const refused = world.lines.filter((line) => line.includes('TooManyRequestsException'));
  expect(mailsTo(member.email)).toEqual([]);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.filter((line) => line.includes('ERROR') || line.includes(member.email))).toEqual([]);
  const { Items = [] } = await world.documents.send(
    new QueryCommand({
      TableName: 'messages',
      KeyConditionExpression: 'email = :email',
      ExpressionAttributeValues: { ':email': member.email },
    }),
  );
  expect(Items.every(({ dueAt }) => dueAt > toIso(world.clock.now()))).toBe(true);
  expect(Items.length).toBeGreaterThan(0);
});

test('a test says at once which channels work; too many of them are refused', async () => {
  const { member, phone } = await loggedIn();
  expect((await phone.post('/v1/notifications/test')).body).toEqual({ sent: [], failed: [] });
  await phone.put('/v1/notifications', { email: true, language: 'en' });
  await withWebhook(member.email, { email: true, language: 'en' });

  const tested = await phone.post('/v1/notifications/test');

  expect(tested.status).toBe(202);
  expect(tested.body).toMatchObject({ sent: ['email'], failed: [{ channel: 'webhook' }] });
  expect(mailsTo(member.email)).toMatchObject([{ subject: 'This is a test' }]);
  const codes = [];
  for (let count = 0; count < 4; count += 1) codes.push((await phone.post('/v1/notifications/test')).status);
  expect(codes.at(-1)).toBe(429);
});
