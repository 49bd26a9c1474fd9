import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exportAccount } from '../../lib/accounts/export-account.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { formatFeedName } from '../../lib/calendar/calendar-api.ts';
import { CalendarStore } from '../../lib/calendar/calendar-store.ts';
import { loadFeed } from '../../lib/calendar/load-feed.ts';
import { Outbox } from '../../lib/notifications/outbox.ts';
import { PushSubscriptions } from '../../lib/notifications/push-subscriptions.ts';
import { SettingsStore } from '../../lib/notifications/settings-store.ts';
import type { Logger } from '../../lib/platform/logger.ts';
import { PrebookingList } from '../../lib/prebookings/prebooking-list.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { PlanStore } from '../../lib/routines/plan-store.ts';
import { EARLIER_MEMBER, idOf, storeEarlierItems } from '../support/accounts/earlier-items.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeUnreadable } from '../support/prebookings/unreadable.ts';
import { device, sessionStores, steppedClock } from '../support/sessions/session-world.ts';

/* One of a member's four pre-bookings cannot be decoded. It is logged and left out, and the rest is shown. */

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
  await storeEarlierItems(database.documents);
  await makeUnreadable(database.documents, { email: EARLIER_MEMBER, id: idOf('3') });
});
afterAll(() => database.stop());

const clock = steppedClock();
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
const loggedOnce = (during: string) => [['unexpected-error', expect.any(Error), { during }]];

test('the export', async () => {
  const { sessions } = sessionStores(database.documents, clock);
  const caller = await sessions.find(device(EARLIER_MEMBER, 'phone-12345'));
  if (caller?.sessionType !== 'device') throw new Error('there is no device session');

  const { prebookings } = await exportAccount(
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

  expect(prebookings.map(({ id }) => id)).toEqual(['1', '2', '4'].map(idOf));
  expect(logged).toEqual(loggedOnce('export-account'));
});

test('the calendar', async () => {
  const calendars = new CalendarStore(tableOf('calendars'));
  const feed = formatFeedName(await calendars.issue(EARLIER_MEMBER, clock.now()));
  const parts = { prebookings: new PrebookingStore(tableOf('prebookings')), timezones: new Map() };
  const deps = { ...parts, calendars, bookings: new BookingStore(tableOf('bookings')), clock, logger };

  const text = await loadFeed(deps, { feed }, new AbortController().signal);

  expect(parseCalendar(text).length).toBeGreaterThan(0);
  expect(logged).toEqual(loggedOnce('load-feed'));
});

test('the list of pre-bookings', async () => {
  const list = new PrebookingList({ ...tableOf('prebookings'), logger });

  const { items } = await list.read(EARLIER_MEMBER, {}, { limit: 10, after: undefined });

  expect(items.map(({ id }) => id).toSorted()).toEqual(['1', '2', '4'].map(idOf));
  expect(logged).toEqual(loggedOnce('list-prebookings'));
});
