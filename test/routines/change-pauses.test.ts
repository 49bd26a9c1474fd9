import { afterEach, describe, expect, test } from 'vitest';
import { cancelPrebooking } from '../../lib/prebookings/cancel-prebooking.ts';
import { placeOrder } from '../../lib/prebookings/place-order.ts';
import { endPauses, setPauses } from '../../lib/routines/change-pauses.ts';
import { deleteRoutine } from '../../lib/routines/change-routines.ts';
import { DAY, FOUR_DAYS, type Planning, startPlanning } from '../support/routines/planning.ts';

let world: Planning;
afterEach(() => world.stop());

const unhurried = new AbortController().signal;
const MONDAY = '2026-03-23';

/** A member whose routine, Mondays at 18:00, is planned. */
async function planned(options: Parameters<typeof startPlanning>[0] = {}) {
  world = await startPlanning({ openings: FOUR_DAYS, ...options });
  const member = await world.member();
  const { id } = await world.routine(member, { weekday: 1 });
  await world.plan();
  return { member, id };
}
const states = async (email: string) => (await world.ordersOf(email)).map(({ day, status }) => `${day} ${status}`);

describe('pauses', () => {
  test('cancel pre-bookings at once; when they end, the class is ordered again', async () => {
    const { member } = await planned();

    await setPauses(world.deps, member.email, { pauses: [{ from: MONDAY, until: MONDAY }] }, unhurried);
    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    await world.plan();
    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`, '2026-03-30 pending']);

    await endPauses(world.deps, member.email, unhurried);
    await world.plan();
    expect(await states(member.email)).toEqual([`${MONDAY} pending`, '2026-03-30 pending']);
  });

  test('are set although one of the pre-bookings that have ended cannot be decoded', async () => {
    const { member } = await planned();
    const pauses = [{ from: MONDAY, until: MONDAY }];
    await setPauses(world.deps, member.email, { pauses }, unhurried);
    const [ended] = await world.ordersOf(member.email);
    if (!ended) throw new Error('nothing was ordered');
    await world.spoil(ended);

    const { booked } = await setPauses(world.deps, member.email, { pauses }, unhurried);

    expect(booked).toEqual([]);
    expect(world.errors).toHaveLength(1);
  });

  test('leave pre-bookings alone that the member ordered', async () => {
    const { member, id } = await planned();
    const [mine] = await world.ordersOf(member.email);
    if (!mine) throw new Error('nothing was ordered');
    await deleteRoutine(world.deps, member.email, id, unhurried);
    const { routineId: _, ...wanted } = mine;
    await placeOrder(
      world.deps,
      member.email,
      { ...wanted, routineId: null },
      mine.opensAt,
      (await world.ordersOf(member.email))[0],
    );

    await setPauses(world.deps, member.email, { pauses: [{ from: '2026-03-01', until: '2026-12-31' }] }, unhurried);
    await world.routine(member, { weekday: 1 });
    await world.plan();

    expect(await states(member.email)).toEqual([`${MONDAY} pending`]);
  });

  test('do not bring back a date that the member has cancelled', async () => {
    const { member } = await planned();
    const [mine] = await world.ordersOf(member.email);
    await cancelPrebooking(world.deps, { email: member.email, id: mine?.id ?? '' }, unhurried);

    await setPauses(world.deps, member.email, { pauses: [{ from: MONDAY, until: MONDAY }] }, unhurried);
    await endPauses(world.deps, member.email, unhurried);
    await world.plan();

    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
  });
});

describe('booked classes inside a pause are returned', () => {
  const booked = (classId: string, day: string, startsAt: number, className = 'WOD') => ({
    ...{ box: 'crossfit-demo', day, classId, familyId: null, className, classStartsAt: startsAt },
  });
  const SATURDAY = Date.UTC(2026, 2, 21, 17);

  test('however they were booked, but not cancelled ones or those outside', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const { bookings, clock } = world.deps;
    const { id } = await world.routine(member, { weekday: 6 });
    await world.plan();
    const at = (classId: string, hour: number) => booked(classId, '2026-03-21', SATURDAY + hour * 3_600_000, 'YOGA');
    await bookings.recordBooked(member.email, at('11', 1), { kind: 'waitlisted', bookingId: '501' }, clock.now());
    await bookings.recordBooked(member.email, at('12', 2), { kind: 'booked', bookingId: '502' }, clock.now());
    await bookings.recordCancelled(member.email, 'crossfit-demo#502', clock.now());
    await bookings.recordBooked(
      member.email,
      booked('13', '2026-03-22', SATURDAY + DAY),
      { kind: 'booked', bookingId: '503' },
      clock.now(),
    );

    const whole = await setPauses(
      world.deps,
      member.email,
      { pauses: [{ from: '2026-03-20', until: '2026-03-21' }] },
      unhurried,
    );
    const one = await setPauses(
      world.deps,
      member.email,
      { pauses: [{ from: '2026-03-20', until: '2026-03-21', routineId: id }] },
      unhurried,
    );

    expect(whole.booked).toMatchObject([
      {
        day: '2026-03-21',
        className: 'WOD',
        status: 'booked',
        routineId: id,
        bookingId: expect.stringMatching(/^\d+$/),
      },
      { day: '2026-03-21', className: 'YOGA', classId: '11', status: 'waitlisted', routineId: null, bookingId: '501' },
    ]);
    expect(one.booked).toMatchObject([{ className: 'WOD', routineId: id }]);
    expect(await states(member.email)).toEqual(['2026-03-21 booked', '2026-03-28 pending']);
  });

  test('a pause of one routine covers its class even if the member booked it', async () => {
    world = await startPlanning();
    const member = await world.member();
    const { bookings, clock } = world.deps;
    const { id } = await world.routine(member, { weekday: 6 });
    const place = { kind: 'booked', bookingId: '501' } as const;
    await bookings.recordBooked(member.email, booked('11', '2026-03-21', SATURDAY), place, clock.now());

    const pauses = [{ from: '2026-03-20', until: '2026-03-21', routineId: id }];

    expect(await setPauses(world.deps, member.email, { pauses }, unhurried)).toMatchObject({
      booked: [{ classId: '11', bookingId: '501', routineId: null }],
    });
    world.clock.advance(4 * DAY);
    expect(await setPauses(world.deps, member.email, { pauses }, unhurried)).toMatchObject({ booked: [] });
  });
});
