import { describe, expect, test } from 'vitest';
import type { Heard, Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, membersAtBox, row } from '../support/bookings/at-box.ts';
import { canceller, type Prebooked, type Recorded } from '../support/bookings/canceller.ts';

/* The member cancels the waiting place 90001, which AimHarder has made a seat with another id, 90002. */

const cancelled = canceller(membersAtBox());

const KEY = 'crossfit-demo#90001';
const FAMILY = '4711';
const SEAT = row({ bookState: 1, idres: 90002 });
const OF_ANOTHER_CLASS = row({ id: 5, bookState: 1, idres: 90002 });

const waitingFor = (familyId: string | null, seatBookingId?: string): Recorded => ({
  key: KEY,
  booked: {
    ...{ kind: 'waitlisted', box: 'crossfit-demo', day: '2026-03-24', classId: '700101', familyId },
    ...{ className: 'WOD', classStartsAt: Date.UTC(2026, 2, 24, 6), at: Date.UTC(2026, 2, 19), seatBookingId },
  },
  cancelledAt: null,
});
const prebookedFor = (familyId: string | null): Prebooked => ({ day: '2026-03-24', classId: '700101', familyId });

describe('a waiting place that has become a seat whose id is recorded', () => {
  const recorded = waitingFor(null, '90002');

  test('is cancelled under the id of the seat, and recorded as the place', async () => {
    const seen = await cancelled({ cancelBook: answer({ cancelState: 1 }) }, recorded);

    expect(seen).toMatchObject({ told: [204, ''], ids: ['90002'], written: [KEY] });
  });

  test('is not cancelled if AimHarder refuses, and shows the seat', async () => {
    expect(await cancelled({ bookings: listing(OF_ANOTHER_CLASS) }, recorded)).toMatchObject({
      told: [502, 'upstream-rejected'],
      written: [],
    });
  });
});

describe.each<[string, (familyId: string | null) => readonly [Recorded | undefined, Prebooked | undefined]]>([
  ['a booking', (familyId) => [waitingFor(familyId), undefined]],
  ['a pre-booking', (familyId) => [undefined, prebookedFor(familyId)]],
])('a waiting place, known from %s, that has become a seat with an unknown id', (_what, knownFor) => {
  test.each<[string, Scripted, readonly [number, string]]>([
    ['AimHarder refuses', answer({ cancelState: 3 }), [502, 'upstream-rejected']],
    ['AimHarder’s answer is lost', { does: 'reset' }, [503, 'upstream-unreachable']],
    ['AimHarder’s answer is not understood', answer({ cancelState: 9 }), [502, 'upstream-rejected']],
  ])('is not cancelled if %s, and the timetable shows a place in its class', async (_answer, cancelBook, told) => {
    for (const place of [SEAT, row({ bookState: 1, idres: 'unreadable' }), row({ bookState: 0, idres: 90003 })]) {
      const seen = await cancelled({ cancelBook, bookings: listing(place) }, ...knownFor(null));

      expect(seen).toMatchObject({ told, written: [] });
    }
  });

  test('is cancelled if AimHarder refuses, and the timetable shows a place in another class only', async () => {
    const seen = await cancelled({ bookings: listing(row(), OF_ANOTHER_CLASS) }, ...knownFor(null));

    expect(seen).toMatchObject({ told: [204, ''], written: [KEY] });
  });

  test.each([
    ['is not cancelled if it is a relative’s, and the relative', FAMILY, [502, 'upstream-rejected'], []],
    ['is cancelled if it is a relative’s, and only the member', '', [204, ''], [KEY]],
  ])('%s has a seat in its class', async (_whose, personWithSeat, told, written) => {
    const bookings = ({ path }: Heard): Scripted => {
      const person = new URL(path, 'http://gym').searchParams.get('familyId') ?? '';
      return listing(person === personWithSeat ? SEAT : row());
    };

    expect(await cancelled({ bookings }, ...knownFor(FAMILY))).toMatchObject({ told, written });
  });
});
