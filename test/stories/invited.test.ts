import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULTS, KINDS } from '../../lib/notifications/notification-settings.ts';
import { SettingsStore } from '../../lib/notifications/settings-store.ts';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { storeAccount, tablesWith } from '../support/accounts/account.ts';
import { expectProblem, untilAnswered } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/* An installation for invited members. */

let world: World;
beforeAll(async () => {
  world = await startWorld({}, { ALLOWED_EMAILS: '@example.com, Friend@Elsewhere.example' });
});
afterAll(() => world.stop());

const loginsOf = (email: string) => world.simulator.record.logins.filter((login) => login.email === email);

test('a stranger is refused as often as they try, and AimHarder has seen nothing', async () => {
  const stranger = { ...world.member(), email: 'stranger@elsewhere.example' };

  for (let attempt = 1; attempt <= 7; attempt += 1)
    expectProblem(await world.api.post('/v1/login', stranger), 403, 'not-invited');

  expect(loginsOf(stranger.email)).toEqual([]);
});

test('a member of an invited domain, and a member who is invited by name, log in', async () => {
  const friend = { ...world.member(), email: 'friend@elsewhere.example' };

  for (const login of [world.member(), friend])
    expect((await untilAnswered(() => world.api.post('/v1/login', login))).status).toBe(200);
});

test('an address of a subdomain of an invited domain is a stranger’s', async () => {
  const login = { email: 'ana@mail.example.com', password: 'x' };

  expectProblem(await world.api.post('/v1/login', login), 403, 'not-invited');
});

/** Stores a member who logged in, ordered and set notifications before the operator changed the list. */
async function memberFromBefore(email: string) {
  await storeAccount(world.documents, world.clock, email);
  // What the account has stored for a browser is a stub that cannot be read. The mail is sent all the same.
  const settings = new SettingsStore({ documents: world.documents, table: 'notifications' });
  await settings.save(email, { email: true, language: 'en', events: KINDS }, {}, DEFAULTS);
}

/** Runs the sweep of a minute, and all that it starts. */
async function sweepAt(minute: number) {
  await world.stack.invoke('sweep', { scheduledTime: toIso(minute) });
  await world.skipTo(toIso(world.clock.now()), 0);
}

test('the sessions, orders and routines of members who are taken off the list end within an hour, and they are told once', async () => {
  const [gone, stays] = ['gone@elsewhere.example', 'stays@example.com'];
  await memberFromBefore(gone);
  await memberFromBefore(stays);
  const halfHour = Math.floor(world.clock.now() / HOUR) * HOUR + 30 * MINUTE;

  await sweepAt(halfHour + MINUTE);
  expect(await tablesWith(world.documents, gone)).toContain('sessions');
  await sweepAt(halfHour);
  await sweepAt(halfHour + 30 * MINUTE);

  const left = await tablesWith(world.documents, gone);
  expect(left.filter((table) => ['sessions', 'credentials', 'routines'].includes(table))).toEqual([]);
  const orders = new PrebookingStore({ documents: world.documents, table: 'prebookings', clock: world.clock });
  expect((await orders.list(gone)).map(({ status }) => status)).toEqual(Array(12).fill('cancelled'));
  expect(await tablesWith(world.documents, stays)).toEqual(
    expect.arrayContaining(['sessions', 'credentials', 'routines']),
  );
  const mails = world.stack.inbox.mails.filter(({ to }) => to === gone);
  expect(mails.map(({ subject }) => subject)).toEqual(['You can no longer use On the Dot']);
  expect(world.stack.events.map(({ detailType }) => detailType)).toContain('Member NotInvited');
});
