import { describe, expect, test } from 'vitest';
import type { ListedClass, NextBooking } from '../../lib/aimharder/client.ts';
import { type DayOfBookings, joinBookings } from '../../lib/listings/join-bookings.ts';
import type { ServiceBooking } from '../../lib/listings/own-bookings.ts';
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
const OWN: ServiceBooking = {
  ...{ box: 'crossfit-demo', day: DAY, familyId: null, classId: '700101', bookingId: '90001', className: 'WOD' },
  ...{ startsAt: STARTS, endsAt: ENDS, status: 'booked', via: 'routine', prebookingId: 'p1', routineId: 'r1' },
  madeAt: NOW - MINUTE,
};

type Known = Partial<Omit<DayOfBookings, 'records'>> & {
  readonly recorded?: readonly ServiceBooking[];
  readonly cancelledAt?: ReadonlyMap<string, Instant>;
};

function join({ recorded = [], cancelledAt = new Map(), ...known }: Known) {
  const records = { bookings: recorded, cancelledAt };
  const day = { box: 'crossfit-demo', timezone: 'Europe/Madrid', day: DAY, familyId: null, now: NOW };
  return joinBookings({ ...day, classes: [ROW], ownList: [], records, ...known });
}

const SHOWN = {
  ...{ box: 'crossfit-demo', day: DAY, familyId: null, classId: '700101', bookingId: '90001', className: 'WOD' },
  ...{ startsAt: STARTS, endsAt: ENDS, status: 'booked', via: 'elsewhere', prebookingId: null, routineId: null },
};
const OURS = { ...SHOWN, via: 'routine', prebookingId: 'p1', routineId: 'r1' };

describe('what the timetable shows as the member’s', () => {
  test.each<[string, Known, readonly object[]]>([
    ['was booked elsewhere', { classes: [MINE] }, [SHOWN]],
    ['was booked here', { classes: [MINE], recorded: [OWN] }, [OURS]],
    ['was booked here under an unknown id', { classes: [MINE], recorded: [{ ...OWN, bookingId: null }] }, [OURS]],
    [
      'was booked here, and moved to another row',
      { classes: [{ ...MINE, classId: '8' }], recorded: [OWN] },
      [{ ...OURS, classId: '8' }],
    ],
    [
      'was booked again elsewhere',
      { classes: [{ ...MINE, bookingId: '4711' }], recorded: [OWN] },
      [{ ...SHOWN, bookingId: '4711' }],
    ],
    ['has become a seat', { classes: [MINE], recorded: [{ ...OWN, status: 'waitlisted' }] }, [OURS]],
    ['is in both lists', { classes: [MINE], ownList: [NEXT] }, [SHOWN]],
    ['was cancelled by the box', { classes: [{ ...MINE, cancelled: true }], ownList: [NEXT], recorded: [OWN] }, []],
    [
      'was cancelled a moment ago',
      { classes: [MINE], cancelledAt: new Map([['crossfit-demo#90001', NOW - SECOND]]) },
      [],
    ],
    [
      'was cancelled long ago, and is there all the same',
      { classes: [MINE], cancelledAt: new Map([['crossfit-demo#90001', NOW - MINUTE]]) },
      [SHOWN],
    ],
  ])('%s', (_name, known, expected) => {
    expect(join(known)).toEqual(expected);
  });
});

describe('what the timetable does not show as the member’s', () => {
  test.each<[string, Known, readonly object[]]>([
    ['is gone, though a record has it', { recorded: [OWN] }, []],
    ['is there, if it was booked a moment ago', { recorded: [{ ...OWN, madeAt: NOW - SECOND }] }, [OURS]],
    ['is gone, though AimHarder’s list has its class', { ownList: [NEXT] }, []],
    [
      'is there, if AimHarder’s list has it and the timetable knows no such class',
      { classes: [], ownList: [NEXT] },
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
      { ownList: [NEXT], recorded: [OWN] },
      [{ ...OURS, className: 'wod' }],
    ],
    ['AimHarder’s list counts, and a record that it lacks does not', { ownList: [], recorded: [OWN] }, []],
    [
      'a row without its end has the record’s',
      { ownList: [{ ...NEXT, end: null }], recorded: [OWN] },
      [{ ...OURS, className: 'wod' }],
    ],
    [
      'and without a record it has none',
      { ownList: [{ ...NEXT, end: null }] },
      [{ ...SHOWN, classId: null, bookingId: null, className: 'wod', endsAt: null }],
    ],
    ['and without AimHarder’s list, the records count', { ownList: undefined, recorded: [OWN] }, [OURS]],
  ])('%s', (_name, known, expected) => {
    expect(join({ classes: undefined, ...known })).toEqual(expected);
  });
});
