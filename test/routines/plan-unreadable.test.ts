import { afterEach, describe, expect, test } from 'vitest';
import { type BookedClass, bookingKey } from '../../lib/bookings/booking.ts';
import { cancelPending } from '../../lib/prebookings/cancel-prebooking.ts';
import { placeOrder } from '../../lib/prebookings/place-order.ts';
import type { WantedClass } from '../../lib/prebookings/prebooking.ts';
import { setPauses } from '../../lib/routines/change-pauses.ts';
import { deleteRoutine } from '../../lib/routines/change-routines.ts';
import { FOUR_DAYS, MINUTE, type Planning, startPlanning, WEDNESDAY } from '../support/routines/planning.ts';

/*
 * An item that cannot be decoded may be what the member has decided about a class. The routine then does not book that class, and
 * does not order it if the item is a pre-booking.
 */

let world: Planning;
afterEach(() => world.stop());

const unhurried = new AbortController().signal;
const FRIDAY = '2026-03-20';
const SATURDAY = '2026-03-21';
const MONDAY = '2026-03-23';

/** Starts a member whose routine is for Saturdays at 18:00. The class of the next Saturday is open. */
async function onSaturdays() {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  await world.routine(member, { weekday: 6 });
  return member;
}

/** Counts the booking requests that AimHarder has got. */
const countRequests = () => world.simulator.record.requests['/api/book'] ?? 0;
const days = async (email: string) => (await world.ordersOf(email)).map(({ day, status }) => `${day} ${status}`);

/** Records that the member has booked Saturday's class, or another one, at once and cancelled it, and spoils the record. */
async function cancelByHand(email: string, path: string, other: Partial<BookedClass> = {}): Promise<void> {
  const { bookings } = world.deps;
  const saturday = {
    ...{ box: 'crossfit-demo', day: SATURDAY, classId: '1', familyId: null, className: 'WOD' },
    classStartsAt: Date.UTC(2026, 2, 21, 17),
    ...other,
  };
  await bookings.recordBooked(email, saturday, { kind: 'booked', bookingId: '5' }, WEDNESDAY);
  const key = bookingKey(saturday.box, '5');
  await bookings.recordCancelled(email, key, WEDNESDAY);
  await world.spoilRecord(email, key, path);
}

test('a class is not booked on the day of such a record; other dates and routines go on', async () => {
  const { email, ...member } = await onSaturdays();
  await world.routine({ email, ...member }, { weekday: 5 });
  await cancelByHand(email, 'booked.className');

  expect(await world.plan()).toMatchObject({ planned: 1, routines: 2, problems: 0 });

  expect(await days(email)).toEqual([`${FRIDAY} booked`, '2026-03-27 pending', '2026-03-28 pending']);
  expect(world.simulator.record.bookings).toHaveLength(1);
  expect(await world.planAtOf(email)).toBe(5 * MINUTE);
  expect(world.errors.length).toBeGreaterThan(0);
});

test.each(['booked', 'booked.day'])(
  'no open class is booked if %s of such a record of it cannot be read; ordering ahead goes on',
  async (path) => {
    const { email } = await onSaturdays();
    await cancelByHand(email, path);

    await world.plan();

    expect(countRequests()).toBe(0);
    expect(await days(email)).toEqual(['2026-03-28 pending']);
    expect(await world.planAtOf(email)).toBe(5 * MINUTE);
  },
);

test.each<[string, Partial<BookedClass>]>([
  ['box', { box: 'other-box' }],
  ['person', { familyId: '9' }],
  ['class', { className: 'Yoga' }],
  ['hour', { classStartsAt: Date.UTC(2026, 2, 21, 18) }],
])('a class is booked if such a record, whose day cannot be read, is one of another %s', async (_what, other) => {
  const { email } = await onSaturdays();
  await cancelByHand(email, 'booked.day', other);

  await world.plan();

  expect(await days(email)).toEqual([`${SATURDAY} booked`, '2026-03-28 pending']);
});

test('a class is booked if such a record only says that a booking was cancelled', async () => {
  const { email } = await onSaturdays();
  await world.deps.bookings.recordCancelled(email, 'crossfit-demo#5', WEDNESDAY);
  await world.spoilRecord(email, 'crossfit-demo#5', 'cancelledAt');

  await world.plan();

  expect(await days(email)).toEqual([`${SATURDAY} booked`, '2026-03-28 pending']);
});

describe('a date whose hour is that of such a pre-booking of the member', () => {
  /**
   * Starts a member with a routine for Mondays, and an order of their own for next Monday that is spoilt. Plans the routine.
   *
   * @param readable orders of the same hour that are not spoilt.
   */
  async function planBeside(other: Partial<WantedClass>, attribute: string, readable: Partial<WantedClass>[] = []) {
    world = await startPlanning({ openings: FOUR_DAYS });
    const { email, ...member } = await world.member();
    await world.routine({ email, ...member }, { weekday: 1 });
    const monday: WantedClass = {
      ...{ box: 'crossfit-demo', boxId: '1', day: MONDAY, classId: null, familyId: null, className: 'WOD' },
      ...{ whenFull: null, routineId: null, classTime: '18:00', classStartsAt: Date.UTC(2026, 2, 23, 17) },
    };
    const place = (wanted: Partial<WantedClass>) =>
      placeOrder(world.deps, email, { ...monday, ...wanted }, Date.UTC(2026, 2, 19, 17), undefined);
    const { prebooking } = await place(other);
    await world.spoil(prebooking, attribute);
    for (const wanted of readable) await place(wanted);
    await world.plan();
    const ordered = (await world.ordersOf(email)).map(({ day }) => day);
    return { ordered, planAt: await world.planAtOf(email) };
  }

  test.each<[string, Partial<WantedClass>, string]>([
    ['box', { box: 'other-box' }, 'className'],
    ['person', { familyId: '9' }, 'className'],
    ['class', { className: 'Yoga' }, 'boxId'],
  ])('is ordered if that is one of another %s', async (_what, other, attribute) => {
    expect((await planBeside(other, attribute)).ordered).toContain(MONDAY);
  });

  test.each(['box', 'familyId', 'className', 'status'])('is left alone if %s cannot be read', async (attribute) => {
    expect(await planBeside({}, attribute)).toEqual({ ordered: ['2026-03-30'], planAt: 5 * MINUTE });
  });

  test('waits for its opening, if the order of its class can be decoded', async () => {
    const { ordered, planAt } = await planBeside({ familyId: '9' }, 'familyId', [{}]);

    expect(ordered).toEqual([MONDAY]);
    expect(planAt).toBeGreaterThan(24 * 60 * MINUTE);
  });
});

test.each(['className', 'cancelledBy', 'expiresAt'])(
  'a class whose pre-booking the member has cancelled is not ordered again if %s of it cannot be read',
  async (attribute) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    await world.plan();
    const [order] = await world.ordersOf(member.email);
    if (order?.status !== 'pending') throw new Error('nothing was ordered');
    await cancelPending(world.deps, order, 'member');
    await world.spoil(order, attribute);
    await setPauses(world.deps, member.email, { pauses: [] }, unhurried);

    expect(await world.plan()).toMatchObject({ planned: 1, routines: 1, ordered: 1 });

    expect(await days(member.email)).toEqual(['2026-03-30 pending']);
    expect(await world.planAtOf(member.email)).toBe(5 * MINUTE);
  },
);

test('a class is not booked again if its pre-booking is such an item', async () => {
  const { email } = await onSaturdays();
  await world.plan();
  const [saturday] = await world.ordersOf(email);
  if (saturday?.day !== SATURDAY) throw new Error('nothing was booked');
  await world.spoil(saturday);
  await setPauses(world.deps, email, { pauses: [] }, unhurried);
  const before = countRequests();

  expect(await world.plan()).toMatchObject({ planned: 1, routines: 1 });

  expect(countRequests()).toBe(before);
  expect(await world.planAtOf(email)).toBe(5 * MINUTE);
});

describe('an order that the member’s routines may have placed', () => {
  /** Starts a member whose routine has ordered its next class, and spoils the order. */
  async function spoilt() {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 1 });
    await world.plan();
    const [order] = await world.ordersOf(member.email);
    if (!order) throw new Error('nothing was ordered');
    await world.spoil(order);
    return { email: member.email, id, order };
  }

  test.each<[string, (email: string, id: string) => Promise<unknown>]>([
    ['is deleted', (email, id) => deleteRoutine(world.deps, email, id, unhurried)],
    [
      'is paused',
      (email) => setPauses(world.deps, email, { pauses: [{ from: '2026-01-01', until: '2026-12-31' }] }, unhurried),
    ],
  ])('is cancelled once it can be decoded, if its only routine %s', async (_how, change) => {
    const { email, id, order } = await spoilt();

    await change(email, id);
    await world.plan();
    expect(await world.planAtOf(email)).toBe(5 * MINUTE);

    await world.repair(order);
    world.clock.advance(5 * MINUTE);
    expect(await world.plan()).toMatchObject({ cancelled: 1 });
    expect(await days(email)).toEqual([`${order.day} cancelled`]);
  });

  test('is looked for until its class starts', async () => {
    const { email, id, order } = await spoilt();
    await deleteRoutine(world.deps, email, id, unhurried);
    world.clock.advance(order.classStartsAt - world.clock.now() - 1);
    await world.plan();
    expect(await world.planAtOf(email)).toBe(5 * MINUTE);

    world.clock.advance(5 * MINUTE);
    await world.plan();
    expect(await world.planAtOf(email)).toBe(null);
  });

  test('is not looked for if it has ended, also if its quota was never released', async () => {
    const { email, id, order } = await spoilt();
    await world.repair(order);
    await deleteRoutine(world.deps, email, id, unhurried);
    await world.deps.quota.reserve(order, 15, world.clock.now());
    await world.spoil(order);

    await world.plan();

    expect(await world.planAtOf(email)).toBe(null);
  });

  test('is ordered anew if it can be read that a routine has cancelled it', async () => {
    const { email, order } = await spoilt();
    await world.repair(order);
    const pauses = [{ from: '2026-01-01', until: '2026-12-31' }];
    await setPauses(world.deps, email, { pauses }, unhurried);
    expect(await days(email)).toEqual([`${order.day} cancelled`]);
    await world.spoil(order);

    await setPauses(world.deps, email, { pauses: [] }, unhurried);
    await world.plan();

    expect(await days(email)).toEqual([`${order.day} pending`]);
  });

  test('is none of the member’s own orders: they leave nothing to be planned', async () => {
    const { email, id, order } = await spoilt();
    await world.repair(order);
    await deleteRoutine(world.deps, email, id, unhurried);
    const [previous] = await world.ordersOf(email);
    await placeOrder(world.deps, email, { ...order, routineId: null }, order.opensAt, previous);
    await world.spoil(order);

    await world.plan();

    expect(await world.planAtOf(email)).toBe(null);
  });
});

describe('the quota of a new order that is refused because its id has such an item', () => {
  test.each([
    ['is released if that order has ended', true, 0],
    ['stays if that order is pending: the id is its own', false, 1],
  ])('%s', async (_what, hasEnded, left) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const { email, ...member } = await world.member();
    const { id } = await world.routine({ email, ...member }, { weekday: 1 });
    await world.plan();
    const [order] = await world.ordersOf(email);
    if (!order) throw new Error('nothing was ordered');
    if (hasEnded) await deleteRoutine(world.deps, email, id, unhurried);
    await world.spoil(order);

    await expect(placeOrder(world.deps, email, order, order.opensAt, undefined)).rejects.toThrow('className');

    const counted: unknown[] = [];
    await world.deps.quota.findCounted(email, (error) => void counted.push(error));
    expect(counted).toHaveLength(left);
  });
});
