import { afterEach, expect, test } from 'vitest';
import { bookingKey } from '../../lib/bookings/booking.ts';
import { DAY, FOUR_DAYS, HOUR, MINUTE, type Planning, startPlanning } from '../support/routines/planning.ts';

/* The member has booked a class at once and cancelled the booking. Then the box moves or renames the class. */

let world: Planning;
afterEach(() => world.stop());

const MONDAY = '2026-03-23';
const MOVED = { time: '20:00' };
const RENAMED = { name: 'PILATES' };

/** Records the booking and its cancellation, changes the class, and plans a routine for the changed class after its opening. */
async function planChanged(changed: typeof MOVED | typeof RENAMED, familyId: string | null, spoilt?: string) {
  world = await startPlanning({ openings: FOUR_DAYS });
  const { classId } = world.simulator.addClass({ day: MONDAY, time: '18:00', opensInMs: DAY, name: 'YOGA' });
  const member = await world.member();
  const { bookings } = world.deps;
  const key = bookingKey('crossfit-demo', '5');
  const booked = {
    box: 'crossfit-demo',
    day: MONDAY,
    classId,
    familyId,
    className: 'YOGA',
    classStartsAt: Date.UTC(2026, 2, 23, 17),
  };
  const place = { kind: 'booked', bookingId: '5' } as const;
  await bookings.recordBooked(member.email, booked, place, world.clock.now());
  await bookings.recordCancelled(member.email, key, world.clock.now());
  if (spoilt !== undefined) await world.spoilRecord(member.email, key, spoilt);
  world.simulator.changeClass(classId, changed);
  await world.routine(member, {
    weekday: 1,
    className: 'YOGA',
    ...('time' in changed ? { startsAt: changed.time } : { className: changed.name }),
  });
  world.clock.advance(2 * DAY);
  await world.plan();
  return member.email;
}

test.each([
  ['moves', MOVED],
  ['renames', RENAMED],
])('the class is not booked again if the box %s it', async (_name, changed) => {
  const email = await planChanged(changed, null);

  expect(world.simulator.record.bookings).toHaveLength(0);
  expect((await world.problemOf(email))?.day).not.toBe(MONDAY);
  expect(await world.planAtOf(email)).toBeGreaterThan(HOUR);
});

test.each(['booked.className', 'booked.classId'])(
  'the moved class is not booked again if %s of the record cannot be read; the date is tried again soon',
  async (path) => {
    const email = await planChanged(MOVED, null, path);

    expect(world.simulator.record.bookings).toHaveLength(0);
    expect(await world.planAtOf(email)).toBe(5 * MINUTE);
  },
);

test('the moved class is booked if the booking was another person’s', async () => {
  await planChanged(MOVED, '9');

  expect(world.simulator.record.bookings).toHaveLength(1);
});
