import { BookingStore } from '../../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../../lib/boxes/learned-rules.ts';
import type { OpeningDelay } from '../../../../lib/boxes/opening-delay.ts';
import { CalendarStore } from '../../../../lib/calendar/calendar-store.ts';
import { KnownOriginStore } from '../../../../lib/login/known-origins.ts';
import { LoginThrottle } from '../../../../lib/login/login-throttle.ts';
import { HOUR, MINUTE } from '../../../../lib/platform/clock.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { RateLimits } from '../../../../lib/platform/rate-limits.ts';
import { PlanStore } from '../../../../lib/routines/plan-store.ts';
import { defined, START, steppedClock } from '../../sessions/session-world.ts';
import { KEPT_PASSWORD_WRITES } from './kept-passwords.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

const throttle = (documents: Documents) =>
  new LoginThrottle({ documents, table: 'loginAttempts', clock: steppedClock() });

const unhurried = new AbortController().signal;

/** An attempt with one counter. */
const ATTEMPT = {
  ...{ email: EMAIL, sourceAddress: '192.0.2.1' },
  ...{ knownDevice: undefined, isKnownAddress: true, hasSession: true },
};

const knownOrigins = (documents: Documents) =>
  new KnownOriginStore({ documents, table: 'loginAttempts', clock: steppedClock() });

const rateLimits = (documents: Documents) => new RateLimits({ documents, table: 'limits', clock: steppedClock() });
const ORDER = { limit: 'orders', email: EMAIL, allowance: { atOnce: 3, everyMs: 1_000 } };

const boxes = (documents: Documents) => new BoxStore({ documents, table: 'boxes' });
const learnedRules = (documents: Documents) =>
  new LearnedRules({ documents, table: 'prebookings', boxes: boxes(documents) });
const HOLDER = { email: EMAIL, box: 'crossfit-demo', familyId: null };
const bookings = (documents: Documents) => new BookingStore({ documents, table: 'bookings' });
const calendars = (documents: Documents) => new CalendarStore({ documents, table: 'calendars' });
const plans = (documents: Documents) => new PlanStore({ documents, table: 'routines' });

const booked = {
  ...{ box: 'crossfit-demo', day: '2026-03-24', classId: '1', familyId: null, className: 'WOD' },
  classStartsAt: START + 86_400_000,
};

const countOpening = (known: OpeningDelay | null): OpeningDelay => ({
  ...{ refusedAtMs: 10, refusedOn: START, refusedBy: null, admittedAtMs: 90, admittedOn: START, searchedFromMs: 10 },
  admittedOpenings: (known?.admittedOpenings ?? 0) + 1,
});

const LIMITED: readonly LostWrite[] = [
  {
    writes: 'lib/login/known-origins.ts remember',
    table: 'loginAttempts',
    prepare: async (documents) => () =>
      knownOrigins(documents).remember(EMAIL, { fingerprint: 'phone-12345', sourceAddress: '192.0.2.1' }),
  },
  {
    writes: 'lib/login/known-origins.ts forget',
    table: 'loginAttempts',
    prepare: async (documents) => {
      await knownOrigins(documents).remember(EMAIL, { fingerprint: 'phone-12345', sourceAddress: '192.0.2.1' });
      return () => knownOrigins(documents).forget(EMAIL);
    },
  },
  {
    writes: 'lib/platform/rate-limits.ts #begin',
    table: 'limits',
    prepare: async (documents) => () => rateLimits(documents).take(ORDER),
  },
  {
    writes: 'lib/platform/rate-limits.ts giveBack',
    table: 'limits',
    prepare: async (documents) => {
      await rateLimits(documents).take({ ...ORDER, actions: 3 });
      return () => rateLimits(documents).giveBack(ORDER);
    },
  },
  {
    writes: 'lib/platform/rate-limits.ts #extend',
    table: 'limits',
    // The first write finds a period of use that runs.
    nth: 2,
    prepare: async (documents) => {
      await rateLimits(documents).take(ORDER);
      return () => rateLimits(documents).take(ORDER);
    },
  },
];

const LOGIN: readonly LostWrite[] = [
  {
    writes: 'lib/login/login-throttle.ts #openWindow',
    table: 'loginAttempts',
    // The first write finds no open window.
    nth: 2,
    prepare: async (documents) => async () => {
      await throttle(documents).count(ATTEMPT, unhurried);
    },
  },
  {
    writes: 'lib/login/login-throttle.ts #increment',
    table: 'loginAttempts',
    prepare: async (documents) => {
      await throttle(documents).count(ATTEMPT, unhurried);
      return async () => {
        await throttle(documents).count(ATTEMPT, unhurried);
      };
    },
  },
  {
    writes: 'lib/login/login-throttle.ts #endAttempt',
    table: 'loginAttempts',
    prepare: async (documents) => {
      await throttle(documents).count(ATTEMPT, unhurried);
      const counted = await throttle(documents).count(ATTEMPT, unhurried);
      return () => counted.recordAccepted();
    },
  },
];

const PLANS: readonly LostWrite[] = [
  {
    writes: 'lib/routines/plan-store.ts put',
    table: 'routines',
    prepare: async (documents) => {
      const plan = defined(await plans(documents).put(await plans(documents).find(EMAIL)));
      return () => plans(documents).put({ ...plan, planAt: START });
    },
  },
  {
    writes: 'lib/routines/plan-store.ts putChanged',
    table: 'routines',
    prepare: async (documents) => {
      const plan = await plans(documents).find(EMAIL);
      return () => plans(documents).putChanged({ ...plan, planAt: START });
    },
  },
  {
    writes: 'lib/routines/plan-store.ts claim',
    table: 'routines',
    prepare: async (documents) => {
      const plan = defined(await plans(documents).put(await plans(documents).find(EMAIL)));
      return () => plans(documents).claim(plan, START + MINUTE);
    },
  },
];

const BOXES: readonly LostWrite[] = [
  {
    writes: 'lib/boxes/box-store.ts saveBoxes',
    table: 'boxes',
    prepare: async (documents) => () =>
      boxes(documents).saveBoxes([{ box: 'crossfit-demo', boxId: '9818', name: 'Demo' }]),
  },
  {
    writes: 'lib/boxes/box-store.ts learnLongestRule',
    table: 'boxes',
    prepare: async (documents) => () => boxes(documents).learnLongestRule('crossfit-demo', { daysBefore: 2 }),
  },
  {
    writes: 'lib/boxes/learned-rules.ts learn',
    table: 'prebookings',
    prepare: async (documents) => () => learnedRules(documents).learn(HOLDER, { daysBefore: 2 }),
  },
  {
    writes: 'lib/boxes/learned-rules.ts forget',
    table: 'prebookings',
    prepare: async (documents) => {
      await learnedRules(documents).learn(HOLDER, { daysBefore: 2 });
      return () => learnedRules(documents).forget(HOLDER);
    },
  },
  {
    writes: 'lib/boxes/box-store.ts #replaceOpeningDelay',
    when: 'a delay is learned',
    table: 'boxes',
    prepare: async (documents) => () => boxes(documents).changeOpeningDelay('crossfit-demo', countOpening),
  },
  {
    writes: 'lib/boxes/box-store.ts #replaceOpeningDelay',
    when: 'what was learned is deleted',
    table: 'boxes',
    prepare: async (documents) => {
      await boxes(documents).changeOpeningDelay('crossfit-demo', countOpening);
      return () => boxes(documents).changeOpeningDelay('crossfit-demo', () => null);
    },
  },
];

const BOOKINGS_AND_CALENDARS: readonly LostWrite[] = [
  {
    writes: 'lib/bookings/booking-store.ts recordBooked',
    table: 'bookings',
    prepare: async (documents) => () =>
      bookings(documents).recordBooked(EMAIL, booked, { kind: 'booked', bookingId: '7' }, START),
  },
  {
    writes: 'lib/bookings/booking-store.ts recordCancelled',
    table: 'bookings',
    prepare: async (documents) => {
      await bookings(documents).recordBooked(EMAIL, booked, { kind: 'booked', bookingId: '7' }, START);
      return () => bookings(documents).recordCancelled(EMAIL, 'crossfit-demo#7', START + HOUR);
    },
  },
  {
    writes: 'lib/bookings/booking-store.ts promote',
    table: 'bookings',
    prepare: async (documents) => {
      await bookings(documents).recordBooked(EMAIL, booked, { kind: 'waitlisted', bookingId: '7' }, START);
      return () => bookings(documents).promote(EMAIL, 'crossfit-demo#7', '8', START + HOUR);
    },
  },
  {
    writes: 'lib/calendar/calendar-store.ts issue',
    table: 'calendars',
    prepare: async (documents) => async () => {
      const secret = await calendars(documents).issue(EMAIL, START);
      return calendars(documents).findFeed(secret);
    },
  },
  {
    writes: 'lib/calendar/calendar-store.ts saveRevisions',
    table: 'calendars',
    prepare: async (documents) => {
      const feed = defined(await calendars(documents).findFeed(await calendars(documents).issue(EMAIL, START)));
      const revisions = new Map([['event-1', { digest: 'digest', changedAt: START }]]);
      return () => calendars(documents).saveRevisions(feed, revisions);
    },
  },
  {
    writes: 'lib/calendar/calendar-store.ts revoke',
    table: 'calendars',
    prepare: async (documents) => {
      await calendars(documents).issue(EMAIL, START);
      return () => calendars(documents).revoke(EMAIL);
    },
  },
];

export const MEMBER_WRITES: readonly LostWrite[] = [
  ...LIMITED,
  ...LOGIN,
  ...KEPT_PASSWORD_WRITES,
  ...PLANS,
  ...BOXES,
  ...BOOKINGS_AND_CALENDARS,
];
