import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ListedClass, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { HOUR } from '../../lib/platform/clock.ts';
import { createClassFollower } from '../../lib/prebookings/class-follower.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const unhurried = new AbortController().signal;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** The class starts at 19:30 in Madrid, and opens 48 hours before. */
const STARTS_AT = Date.UTC(2026, 2, 22, 18, 30);
const OPENS_AT = STARTS_AT - 48 * HOUR;
const NOW = OPENS_AT - 12 * HOUR;

const ROW: ListedClass = {
  ...{ classId: '42', name: 'WOD', start: '18:00', end: '19:00', coach: null, capacity: 14, booked: 0, waitlist: null },
  ...{ enabled: true, cancelled: false, mine: null, bookingId: null },
};

let members = 0;

/** A pre-booking of a class at 19:30, and a follower that reads a timetable. */
async function orderedWith(rows: readonly ListedClass[] | UpstreamFailure, ordered: Partial<Pending> = {}) {
  members += 1;
  const email = `member-${members}@example.com`;
  const order = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-22', classId: '42', familyId: null };
  const pending: Pending = {
    ...{ ...order, email, id: prebookingId(email, order), whenFull: null, routineId: null },
    ...{ generation: 7, className: 'WOD', classTime: '19:30', openingRule: { hoursBefore: 48 } },
    ...{ classStartsAt: STARTS_AT, opensAt: OPENS_AT, wakesAt: computeWakeUp(OPENS_AT), createdAt: NOW - HOUR },
    ...{ status: 'pending' as const, armed: false, lease: null },
    ...ordered,
  };
  const clock = manualClock(NOW);
  const prebookings = new PrebookingStore({ documents: dynamo.documents, table: 'prebookings', clock });
  await prebookings.put(pending, undefined);
  await prebookings.markArmed(pending);
  const asked: string[] = [];
  const aimHarder = {
    async listClasses(_session: unknown, { day }: { readonly day: string }) {
      asked.push(day);
      if (rows instanceof UpstreamFailure) throw rows;
      return rows;
    },
  };
  const deps = { prebookings, aimHarder, boxSettings: { timezones: new Map() }, clock, logger: quiet };
  const follow = createClassFollower(deps, unhurried);
  return { pending, follow, asked, stored: () => prebookings.find(pending) };
}

test('a class that has moved to an earlier hour is fired at its earlier opening, by a new wake-up', async () => {
  const { pending, follow, stored } = await orderedWith([ROW]);
  const opensAt = OPENS_AT - 1.5 * HOUR;

  const followed = await follow(pending);

  const moved = { classTime: '18:00', classStartsAt: STARTS_AT - 1.5 * HOUR, classEndsAt: STARTS_AT - 0.5 * HOUR };
  expect(followed).toMatchObject({ ...moved, opensAt, generation: NOW });
  expect(await stored()).toMatchObject({
    ...{ ...moved, opensAt, wakesAt: computeWakeUp(opensAt) },
    ...{ generation: NOW, armed: false, needsNewWakeUp: true, status: 'pending' },
  });
});

test.each<[string, readonly ListedClass[] | UpstreamFailure, Partial<Pending>]>([
  ['that is where it was', [{ ...ROW, start: '19:30', end: '20:30' }], {}],
  ['that is cancelled', [{ ...ROW, cancelled: true }], {}],
  ['that a routine wants at its hour', [ROW], { routineId: 'weekly' }],
  [
    'whose timetable cannot be read',
    new UpstreamFailure('upstream-unreachable', 'away', { mayHaveTakenEffect: false }),
    {},
  ],
])('a class %s is left alone', async (_name, rows, ordered) => {
  const { pending, follow, stored } = await orderedWith(rows, ordered);

  expect(await follow(pending)).toBe(pending);

  expect(await stored()).toMatchObject({ generation: 7, armed: true, classTime: '19:30', opensAt: OPENS_AT });
});

test('a pre-booking that was ordered again meanwhile is left alone', async () => {
  const { pending, follow, stored } = await orderedWith([ROW]);
  const earlier: Pending = { ...pending, generation: 6 };

  expect(await follow(earlier)).toBe(earlier);
  expect(await stored()).toMatchObject({ generation: 7, opensAt: OPENS_AT });
});

test('the timetable of a day is read once', async () => {
  const { pending, follow, asked } = await orderedWith([{ ...ROW, start: '19:30' }]);

  await Promise.all([follow(pending), follow(pending)]);

  expect(asked).toEqual(['2026-03-22']);
});
