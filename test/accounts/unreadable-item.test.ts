import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { exportAccount } from '../../lib/accounts/export-account.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { formatFeedName } from '../../lib/calendar/calendar-api.ts';
import { CalendarStore } from '../../lib/calendar/calendar-store.ts';
import { loadFeed } from '../../lib/calendar/load-feed.ts';
import { Outbox } from '../../lib/notifications/outbox.ts';
import { PushSubscriptions } from '../../lib/notifications/push-subscriptions.ts';
import { SettingsStore } from '../../lib/notifications/settings-store.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Logger } from '../../lib/platform/logger.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { PrebookingList } from '../../lib/prebookings/prebooking-list.ts';
import { PrebookingQueries } from '../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { PlanStore } from '../../lib/routines/plan-store.ts';
import { pendingOf } from '../support/accounts/account.ts';
import { EARLIER_MEMBER, idOf, storeEarlierItems } from '../support/accounts/earlier-items.ts';
import { scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { listing, MEMBER, row } from '../support/bookings/at-box.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeRecordUnreadable, makeUnreadable } from '../support/prebookings/unreadable.ts';
import { waitingMember } from '../support/prebookings/waiting-member.ts';
import { device, START, sessionStores, steppedClock } from '../support/sessions/session-world.ts';

/*
 * Of a member, these cannot be decoded: a pre-booking, the record of a booking, a message, a session, the plan, the settings of
 * notifications, and when the calendar was made. They are logged and left out, and the rest is shown.
 */

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
  await storeEarlierItems(database.documents);
  await makeUnreadable(database.documents, { email: EARLIER_MEMBER, id: idOf('3') });
  await makeRecordUnreadable(database.documents, EARLIER_MEMBER, 'crossfit-demo#7');
  const message = { email: EARLIER_MEMBER, id: 'event-2#pigeon', channel: 'pigeon', createdAt: toIso(clock.now()) };
  await database.documents.send(new PutCommand({ TableName: 'messages', Item: message }));
  await spoil('sessions', 'state', { fingerprint: 'background-1' });
  await spoil('routines', 'pauses');
  await spoil('notifications', 'language');
  await spoil('calendars', 'createdAt');
});
afterAll(() => database.stop());

const clock = steppedClock();
/** Makes the member's item in a table one that cannot be decoded. @param sortKey names the item if the member has several. */
const spoil = (TableName: string, attribute: string, sortKey: object = {}) =>
  database.documents.send(
    new UpdateCommand({
      TableName,
      Key: { email: EARLIER_MEMBER, ...sortKey },
      UpdateExpression: 'SET #attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': 'of a later version' },
    }),
  );
const tableOf = (table: string) => ({ documents: database.documents, table, clock });

let logged: unknown[];
beforeEach(() => {
  logged = [];
});
const logger: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: (event, error, fields) => void logged.push([event, error, fields]),
};
const logs = (during: string) => ['unexpected-error', expect.any(Error), { during }];

test('the export', async () => {
  const { sessions } = sessionStores(database.documents, clock);
  const caller = await sessions.find(device(EARLIER_MEMBER, 'phone-12345'));
  if (caller?.sessionType !== 'device') throw new Error('there is no device session');

  const account = await exportAccount(
    {
      ...{ sessions, logger },
      prebookings: new PrebookingStore(tableOf('prebookings')),
      bookings: new BookingStore(tableOf('bookings')),
      plans: new PlanStore(tableOf('routines')),
      listLearnedRules: async () => [],
      calendars: new CalendarStore(tableOf('calendars')),
      subscriptions: new PushSubscriptions(tableOf('pushSubscriptions')),
      settings: new SettingsStore(tableOf('notifications')),
      outbox: new Outbox(tableOf('messages')),
      keepsCredentials: async () => false,
    },
    caller,
  );

  expect(account.prebookings.map(({ id }) => id)).toEqual(['1', '2', '4'].map(idOf));
  expect(account.bookings).toHaveLength(1);
  expect(account.messages.map(({ channel }) => channel).toSorted()).toEqual(['email', 'webhook']);
  expect(account.sessions.map(({ sessionType }) => sessionType)).toEqual(['device']);
  expect(account).toMatchObject({ routines: [], pauses: [], notifications: null, calendar: null });
  expect(logged).toEqual(Array(7).fill(logs('export-account')));
});

test('the calendar', async () => {
  const calendars = new CalendarStore(tableOf('calendars'));
  const feed = formatFeedName(await calendars.issue(EARLIER_MEMBER, clock.now()));
  const parts = {
    prebookings: new PrebookingStore(tableOf('prebookings')),
    timezones: new Map(),
    pageOrigin: undefined,
  };
  const deps = { ...parts, calendars, bookings: new BookingStore(tableOf('bookings')), clock, logger };

  const text = await loadFeed(deps, { feed }, new AbortController().signal);

  expect(parseCalendar(text).length).toBeGreaterThan(0);
  expect(logged).toEqual([logs('load-feed'), logs('load-feed')]);
});

test('the list of pre-bookings', async () => {
  const list = new PrebookingList({ ...tableOf('prebookings'), logger });

  const { items } = await list.read(EARLIER_MEMBER, {}, { limit: 10, after: undefined });

  expect(items.map(({ id }) => id).toSorted()).toEqual(['1', '2', '4'].map(idOf));
  expect(logged).toEqual([logs('list-prebookings')]);
});

test('the pending pre-bookings, for routines and pauses, and the orders of one class', async () => {
  const email = 'ada@example.com';
  const [unreadable, other] = [pendingOf(email, '1'), pendingOf(email, '2')];
  const prebookings = new PrebookingStore(tableOf('prebookings'));
  const quota = new PendingQuota({ ...tableOf('prebookings'), prebookings });
  for (const order of [unreadable, other]) {
    await prebookings.put(order, undefined);
    await quota.reserve(order, 2, START);
  }
  await makeUnreadable(database.documents, unreadable);
  const queries = new PrebookingQueries({ ...tableOf('prebookings'), quota, logger });

  expect(await queries.findPending(email)).toMatchObject([{ id: other.id }]);
  expect(await queries.findByClass(email, other)).toMatchObject([{ id: other.id }]);

  expect(logged).toEqual([logs('find-prebookings'), logs('find-prebookings')]);
  expect(await quota.reserve(pendingOf(email, '3'), 2, START + 2 * MINUTE)).toBe(false);
});

test('the places on waitlists, and the watch of the place that cannot be decoded stays', async () => {
  const upstream = await scriptedUpstream();
  onTestFinished(() => upstream.stop());
  upstream.answer(({ path }) => (path.includes('/bookings') ? listing(row({ bookState: 0, idres: 90001 })) : MEMBER));
  const member = waitingMember(database.documents);
  await member.logIn();
  const { email, deps, classOf, startsAt } = member;
  for (const bookingId of ['90001', '90002']) {
    await deps.bookings.recordBooked(email, classOf, { kind: 'waitlisted', bookingId }, deps.clock.now());
    await deps.watches.add(email, `crossfit-demo#${bookingId}`, startsAt);
  }
  await makeRecordUnreadable(database.documents, email, 'crossfit-demo#90002');

  const { looked } = await member.watch(
    upstream,
    Array.from({ length: 32 }, (_, minute) => minute),
  );

  expect(looked).toHaveLength(1);
  expect(member.errors).toContainEqual(logs('watch-waitlists'));
  const Key = { email, id: '#booking#crossfit-demo#90002' };
  expect(await database.documents.send(new GetCommand({ TableName: 'prebookings', Key }))).toHaveProperty('Item');
});
