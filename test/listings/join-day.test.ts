import { describe, expect, test } from 'vitest';
import type { ListedClass } from '../../lib/aimharder/client.ts';
import { classView } from '../../lib/listings/class-view.ts';
import { joinDay } from '../../lib/listings/join-day.ts';
import { DAY, HOUR, type Instant } from '../../lib/platform/clock.ts';
import type { Finished, Pending, Result } from '../../lib/prebookings/prebooking.ts';
import type { Routine } from '../../lib/routines/routine.ts';

/** A Wednesday; 18:00 in Madrid. */
const WEDNESDAY = '2026-06-10';
const STARTS: Instant = Date.parse('2026-06-10T16:00:00Z');

const CLASS: ListedClass = {
  ...{ classId: '700101', name: 'WOD', start: '18:00', end: '19:00', coach: null, capacity: 14, booked: 9 },
  ...{ waitlist: null, enabled: true, cancelled: false, mine: null, bookingId: null },
};

const PENDING: Pending = {
  ...{ email: 'ada@example.com', id: 'p1', generation: 1, box: 'crossfit-demo', boxId: '1', day: WEDNESDAY },
  ...{ classId: '700101', familyId: null, whenFull: null, routineId: null, className: 'WOD', classTime: '18:00' },
  ...{ classStartsAt: STARTS, opensAt: STARTS - 2 * DAY, wakesAt: STARTS - 2 * DAY, createdAt: STARTS - 5 * DAY },
  ...{ status: 'pending', armed: true, lease: null },
};
const RESULT: Result = {
  ...{ outcome: 'booked', bookingId: '90001', code: null, message: null, firedAt: null, latenessMs: null },
  ...{ latenessBoundMs: null, shots: 1, aimedBy: null },
};
const { armed: _, lease: __, ...ORDER } = PENDING;
const BOOKED: Finished = { ...ORDER, id: 'p2', status: 'booked', result: RESULT, endedAt: STARTS - 4 * DAY };

const ROUTINE: Routine = {
  ...{ id: 'r1', box: 'crossfit-demo', boxId: '1', weekday: 3, startsAt: '18:00', className: 'wod', familyId: null },
  ...{
    whenFull: 'waitlist',
    from: null,
    until: null,
    opening: null,
    skip: [],
    createdAt: 0,
    planAt: null,
    problem: null,
    told: null,
    timesTold: 0,
  },
};

const DAILY = { daysBefore: 4 };
const LONG_BEFORE = STARTS - 10 * DAY;
const JUST_BEFORE = STARTS - HOUR;

type Stored = Partial<Parameters<typeof joinDay>[1]>;

function viewed(fields: Partial<ListedClass>, stored: Stored, now: Instant) {
  const day = { day: WEDNESDAY, classes: [{ ...CLASS, ...fields }] };
  const joined = { box: 'crossfit-demo', familyId: null, orders: [], routines: [], rule: null, day, ...stored };
  return joinDay({ boxSettings: { timezones: new Map() } }, joined).map((one) => classView(one, now))[0];
}

describe('the state of a class that is', () => {
  test.each<[string, Partial<ListedClass>, Stored, Instant, string]>([
    ['bookable', {}, {}, JUST_BEFORE, 'bookable'],
    ['full', { booked: 14 }, {}, JUST_BEFORE, 'full'],
    ['of no known capacity', { capacity: null, booked: 99 }, {}, JUST_BEFORE, 'bookable'],
    ['mine, and full', { booked: 14, mine: 'booked' }, {}, JUST_BEFORE, 'booked'],
    ['mine in the queue', { booked: 14, mine: 'waitlisted' }, {}, JUST_BEFORE, 'waitlisted'],
    ['mine, for the staff to change', { enabled: false, mine: 'booked' }, {}, JUST_BEFORE, 'booked'],
    ['mine before the opening, given by the staff', { mine: 'booked' }, { rule: DAILY }, LONG_BEFORE, 'booked'],
    ['without a button', { enabled: false }, {}, JUST_BEFORE, 'closed'],
    ['for the staff, before the opening', { enabled: false }, { rule: DAILY }, LONG_BEFORE, 'closed'],
    ['without a button, and full', { enabled: false, booked: 14 }, {}, JUST_BEFORE, 'closed'],
    ['cancelled', { cancelled: true, mine: 'booked' }, { rule: DAILY }, LONG_BEFORE, 'cancelled'],
    ['open by its rule', {}, { rule: DAILY }, STARTS - 4 * DAY, 'bookable'],
    ['a moment before its opening', {}, { rule: DAILY }, STARTS - 4 * DAY - 1, 'not-open'],
    ['full before its opening', { booked: 14 }, { rule: DAILY }, LONG_BEFORE, 'not-open'],
    ['of an unknown opening', {}, { rule: null }, LONG_BEFORE, 'bookable'],
  ])('%s', (_name, fields, stored, now, state) => {
    expect(viewed(fields, stored, now)?.state).toBe(state);
  });
});

describe('the opening of a class comes', () => {
  test.each<[string, Stored, Instant | null]>([
    ['from no rule', {}, null],
    ['from the rule', { rule: DAILY }, STARTS - 4 * DAY],
    [
      'from the rule that its routine states',
      { rule: DAILY, routines: [{ ...ROUTINE, opening: { hoursBefore: 30 } }] },
      STARTS - 30 * HOUR,
    ],
    ['from the order that waits for it', { rule: DAILY, orders: [PENDING], routines: [ROUTINE] }, STARTS - 2 * DAY],
    ['from the rule, if the order has ended', { rule: DAILY, orders: [BOOKED] }, STARTS - 4 * DAY],
    [
      'from the rule, if the order is another person’s',
      { rule: DAILY, orders: [{ ...PENDING, familyId: '77' }] },
      STARTS - 4 * DAY,
    ],
  ])('%s', (_name, stored, opensAt) => {
    expect(viewed({}, stored, LONG_BEFORE)?.opensAt).toBe(opensAt === null ? null : new Date(opensAt).toISOString());
  });
});

describe('the pre-booking of a class is', () => {
  const MINE = { mine: 'booked', bookingId: '90001' } as const;

  test.each<[string, Partial<ListedClass>, Stored, string | null]>([
    ['the one that is pending', {}, { orders: [PENDING] }, 'p1'],
    ['the one that waits for a class not listed yet', {}, { orders: [{ ...PENDING, classId: null }] }, 'p1'],
    ['the one whose class was listed anew', {}, { orders: [{ ...PENDING, classId: '600' }] }, 'p1'],
    ['the one that booked it', MINE, { orders: [BOOKED] }, 'p2'],
    ['the one that is pending, after one that booked it', MINE, { orders: [PENDING, BOOKED] }, 'p1'],
    ['none, if its booking is gone', {}, { orders: [BOOKED] }, null],
    ['none, if the booking is another one', { ...MINE, bookingId: '4711' }, { orders: [BOOKED] }, null],
    ['none, if it failed and the member booked elsewhere', MINE, { orders: [{ ...BOOKED, status: 'failed' }] }, null],
    ['none, if the order is another person’s', {}, { orders: [{ ...PENDING, familyId: '77' }] }, null],
    ['none, if the order is for another box', {}, { orders: [{ ...PENDING, box: 'box-tenerife' }] }, null],
    ['none, if the order is for another day', {}, { orders: [{ ...PENDING, day: '2026-06-11' }] }, null],
  ])('%s', (_name, fields, stored, id) => {
    expect(viewed(fields, stored, JUST_BEFORE)?.prebookingId).toBe(id);
  });
});

describe('the routine of a class is', () => {
  test.each<[string, Stored, string | null]>([
    ['the one with its day, hour and name', { routines: [ROUTINE] }, 'r1'],
    ['the one that skips this date', { routines: [{ ...ROUTINE, skip: [WEDNESDAY] }] }, 'r1'],
    ['the one that ordered it under another name', { orders: [{ ...PENDING, routineId: 'r2' }] }, 'r2'],
    ['none on another weekday', { routines: [{ ...ROUTINE, weekday: 4 }] }, null],
    ['none at another hour', { routines: [{ ...ROUTINE, startsAt: '19:00' }] }, null],
    ['none of another person', { routines: [{ ...ROUTINE, familyId: '77' }] }, null],
    ['none after its last day', { routines: [{ ...ROUTINE, until: '2026-06-09' }] }, null],
  ])('%s', (_name, stored, id) => {
    expect(viewed({}, stored, LONG_BEFORE)?.routineId).toBe(id);
  });
});

test('local times are those of the timetable, over midnight too', () => {
  const late = viewed({ start: '23:30', end: '00:30' }, {}, LONG_BEFORE);

  expect(late).toMatchObject({
    ...{ day: WEDNESDAY, startsLocal: '23:30', endsLocal: '00:30' },
    ...{ startsAt: '2026-06-10T21:30:00.000Z', endsAt: '2026-06-10T22:30:00.000Z' },
  });
});
