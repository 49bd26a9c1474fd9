import { describe, expect, test } from 'vitest';
import type { ListedClass, NextBooking } from '../../lib/aimharder/client.ts';
import { type DayOfBookings, joinBookings } from '../../lib/listings/join-bookings.ts';
import type { OwnBooking } from '../../lib/listings/own-bookings.ts';
import { type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';

const DAY = '2026-06-10';
const STARTS: Instant = Date.parse('2026-06-10T16:00:00Z');
const ENDS: Instant = Date.parse('2026-06-10T17:00:00Z');
const NOW: Instant = Date.parse('2026-06-09T12:00:00Z');

const ROW: ListedClass = {
  ...{ classId: '700101', name: 'WOD', start: '18:00', end: '19:00', coach: null, capacity: 14, booked: 9 },
  ...{ waitlist: null, enabled: true, cancelled: false, mine: null, bookingId: null },
};
const MINE: ListedClass = { ...ROW, mine: 'booked', bookingId: '90001' };
const NEXT: NextBooking = { day: DAY, start: '18:00', end: '19:00', name: 'wod', state: 'booked' };
const OWN: OwnBooking = {
  ...{ box: 'crossfit-demo', day: DAY, familyId: null, classId: '700101', bookingId: '90001', className: 'WOD' },
  ...{ startsAt: STARTS, endsAt: ENDS, status: 'booked', via: 'routine', prebookingId: 'p1', routineId: 'r1' },
  madeAt: NOW - MINUTE,
};

type Known = Partial<DayOfBookings> & { readonly records?: readonly OwnBooking[] };

function join({ records = [], ...known }: Known) {
  const own = { bookings: records, cancelledAt: new Map<string, Instant>() };
  const day = { box: 'crossfit-demo', timezone: 'Europe/Madrid', day: DAY, familyId: null, now: NOW };
  return joinBookings({ ...day, classes: [ROW], next: [], own, ...known });
}

const SHOWN = {
  ...{ box: 'crossfit-demo', day: DAY, familyId: null, classId: '700101', bookingId: '90001', className: 'WOD' },
  ...{ startsAt: STARTS, endsAt: ENDS, status: 'booked', via: 'elsewhere', prebookingId: null, routineId: null },
};
const OURS = { ...SHOWN, via: 'routine', prebookingId: 'p1', routineId: 'r1' };

describe('what the timetable shows as the member’s', () => {
  test.each<[string, Known, readonly object[]]>([
    ['was booked elsewhere', { classes: [MINE] }, [SHOWN]],
    ['was booked here', { classes: [MINE], records: [OWN] }, [OURS]],
    ['was booked here under an unknown id', { classes: [MINE], records: [{ ...OWN, bookingId: null }] }, [OURS]],
    [
      'was booked here, and moved to another row',
      { classes: [{ ...MINE, classId: '8' }], records: [OWN] },
      [{ ...OURS, classId: '8' }],
    ],
    [
      'was booked again elsewhere',
      { classes: [{ ...MINE, bookingId: '4711' }], records: [OWN] },
      [{ ...SHOWN, bookingId: '4711' }],
    ],
    ['has become a seat', { classes: [MINE], records: [{ ...OWN, status: 'waitlisted' }] }, [OURS]],
    ['is in both lists', { classes: [MINE], next: [NEXT] }, [SHOWN]],
    ['was cancelled by the box', { classes: [{ ...MINE, cancelled: true }], next: [NEXT], records: [OWN] }, []],
    [
      'was cancelled a moment ago',
      { classes: [MINE], own: { bookings: [], cancelledAt: new Map([['crossfit-demo#90001', NOW - SECOND]]) } },
      [],
    ],
    [
      'was cancelled long ago, and is there all the same',
      { classes: [MINE], own: { bookings: [], cancelledAt: new Map([['crossfit-demo#90001', NOW - MINUTE]]) } },
      [SHOWN],
    ],
  ])('%s', (_name, known, expected) => {
    expect(join(known)).toEqual(expected);
  });
});

describe('what the timetable does not show as the member’s', () => {
  test.each<[string, Known, readonly object[]]>([
    ['is gone, though a record has it', { records: [OWN] }, []],
    ['is there, if it was booked a moment ago', { records: [{ ...OWN, madeAt: NOW - SECOND }] }, [OURS]],
    ['is gone, though AimHarder’s list has its class', { next: [NEXT] }, []],
    [
      'is there, if AimHarder’s list has it and the timetable knows no such class',
      { classes: [], next: [NEXT] },
      [{ ...SHOWN, classId: null, bookingId: null, className: 'wod' }],
    ],
  ])('%s', (_name, known, expected) => {
    expect(join(known)).toEqual(expected);
  });
});

describe('without a timetable', () => {
  test.each<[string, Known, readonly object[]]>([
    [
      'AimHarder’s list counts, with the ids of a record',
      { next: [NEXT], records: [OWN] },
      [{ ...OURS, className: 'wod' }],
    ],
    ['AimHarder’s list counts, and a record that it lacks does not', { next: [], records: [OWN] }, []],
    [
      'a row without its end has the record’s',
      { next: [{ ...NEXT, end: null }], records: [OWN] },
      [{ ...OURS, className: 'wod' }],
    ],
    [
      'and without a record it has none',
      { next: [{ ...NEXT, end: null }] },
      [{ ...SHOWN, classId: null, bookingId: null, className: 'wod', endsAt: null }],
    ],
    ['and without AimHarder’s list, the records count', { next: undefined, records: [OWN] }, [OURS]],
  ])('%s', (_name, known, expected) => {
    expect(join({ classes: undefined, ...known })).toEqual(expected);
  });
});
