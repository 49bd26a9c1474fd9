import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportAccount } from '../../lib/accounts/export-account.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../lib/boxes/box-store.ts';
import { listLearnedRules } from '../../lib/boxes/learned-rules.ts';
import { CalendarStore } from '../../lib/calendar/calendar-store.ts';
import { isPasswordKept, KeptPasswords } from '../../lib/login/kept-passwords.ts';
import { Outbox } from '../../lib/notifications/outbox.ts';
import { PushSubscriptions } from '../../lib/notifications/push-subscriptions.ts';
import { SettingsStore } from '../../lib/notifications/settings-store.ts';
import { logger } from '../../lib/platform/logger.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { WheelCursor } from '../../lib/refresh/wheel-cursor.ts';
import { PlanStore } from '../../lib/routines/plan-store.ts';
import { EARLIER_MEMBER, idOf, storeEarlierItems } from '../support/accounts/earlier-items.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { device, sessionStores, steppedClock, storeKeys } from '../support/sessions/session-world.ts';

/* What version 0.1.0 has stored, and this version reads. */

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
  await storeEarlierItems(database.documents);
});
afterAll(() => database.stop());

const clock = steppedClock();
const tableOf = (table: string) => ({ documents: database.documents, table, clock });

test('a member of version 0.1.0 still has everything: sessions, pre-bookings, bookings, routines, messages and settings', async () => {
  const { sessions } = sessionStores(database.documents, clock);
  const caller = await sessions.find(device(EARLIER_MEMBER, 'phone-12345'));
  if (caller?.sessionType !== 'device') throw new Error('there is no device session');

  const account = await exportAccount(
    {
      sessions,
      prebookings: new PrebookingStore(tableOf('prebookings')),
      bookings: new BookingStore(tableOf('bookings')),
      plans: new PlanStore(tableOf('routines')),
      listLearnedRules: (email) => listLearnedRules(tableOf('prebookings'), email),
      calendars: new CalendarStore(tableOf('calendars')),
      subscriptions: new PushSubscriptions(tableOf('pushSubscriptions')),
      settings: new SettingsStore(tableOf('notifications')),
      outbox: new Outbox(tableOf('messages')),
      keepsCredentials: (email) => isPasswordKept(tableOf('credentials'), email),
      logger,
    },
    caller,
  );

  expect(account).toMatchObject({
    keepsCredentials: true,
    sessions: [{ sessionType: 'background' }, { sessionType: 'device' }],
    prebookings: [{ status: 'pending' }, { status: 'firing' }, { status: 'booked' }, { status: 'cancelled' }],
    routines: [
      { id: 'r1', problem: null },
      { id: 'r2', problem: { code: 'class-not-found', suggestions: [] } },
    ],
    openingRules: [{ box: 'crossfit-demo', opening: { daysBefore: 4 } }],
    notifications: {
      ...{ email: true, language: 'ca' },
      // What was added since is wanted; `wake-up-lost` was not chosen.
      events: [
        ...['booked', 'waitlisted', 'promoted', 'failed', 'login-needed'],
        ...['routine-blocked', 'routine-cleared', 'wake-up-late'],
      ],
    },
  });
  expect([account.bookings, account.messages, account.pauses].map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(account.calendar).not.toBeNull();
});

test('what no member sees is read too: the quota, the kept password, what is known of a box, and the wheel’s cursor', async () => {
  const prebookings = new PrebookingStore(tableOf('prebookings'));
  const quota = new PendingQuota({ ...tableOf('prebookings'), prebookings });
  const passwords = new KeptPasswords({ ...tableOf('credentials'), secrets: async () => ({ keys: storeKeys }) });

  expect((await quota.findCounted(EARLIER_MEMBER)).map(({ id }) => id)).toEqual([idOf('1')]);
  expect(await passwords.find(EARLIER_MEMBER)).toMatchObject({ password: 'secret', refusals: 0 });
  expect(await new BoxStore(tableOf('boxes')).get('crossfit-demo')).toMatchObject({ longestRule: { daysBefore: 4 } });
  expect(await new WheelCursor(tableOf('sessions')).read()).toMatchObject({ handled: 29_000_000, open: [] });
});
