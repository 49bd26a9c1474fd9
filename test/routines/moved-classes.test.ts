import { afterEach, describe, expect, test, vi } from 'vitest';
import { cancelPending } from '../../lib/prebookings/cancel-prebooking.ts';
import { placeOrder } from '../../lib/prebookings/place-order.ts';
import { type Pending, type Prebooking, type Result, statusAfter } from '../../lib/prebookings/prebooking.ts';
import { deleteRoutine, updateRoutine } from '../../lib/routines/change-routines.ts';
import { DAY, FOUR_DAYS, HOUR, MINUTE, type Planning, startPlanning } from '../support/routines/planning.ts';

/*
 * The box moves or renames a class that is already ordered. The class keeps its slot id, so a new order of the class has the id of
 * the earlier one.
 */

let world: Planning;
afterEach(() => world.stop());

const unhurried = new AbortController().signal;
const MONDAY = '2026-03-23';
const AT_18 = { weekday: 1, className: 'YOGA' };
const AT_20 = { ...AT_18, startsAt: '20:00' };
const PILATES = { weekday: 1, className: 'PILATES' };
const MOVED = { time: '20:00' };
const RENAMED = { name: 'PILATES' };

/** Starts a member whose routine has ordered the yoga class on Monday at 18:00, which opens tomorrow. */
async function ordered() {
  world = await startPlanning({ openings: FOUR_DAYS });
  const { classId } = world.simulator.addClass({ day: MONDAY, time: '18:00', opensInMs: DAY, name: 'YOGA' });
  const member = await world.member();
  const { id } = await world.routine(member, AT_18);
  await world.plan();
  const [order] = await world.ordersOf(member.email);
  if (order?.status !== 'pending' || order.classId !== classId) throw new Error('the class was not ordered');
  return { member, email: member.email, id, order };
}

const statesOf = async (email: string) =>
  (await world.ordersOf(email))
    .filter(({ day }) => day === MONDAY)
    .map(({ classTime, className, status }) => `${classTime} ${className} ${status}`);
/** Lists each routine's problem with Monday's class. */
const problemsOf = async (email: string) =>
  (await world.deps.plans.find(email)).routines.map(({ problem }) => (problem?.day === MONDAY ? problem.code : null));
const countRequests = () => world.simulator.record.bookings.length;
const change = ({ classId }: Prebooking, by: Parameters<Planning['simulator']['changeClass']>[1]) =>
  world.simulator.changeClass(classId ?? '', by);

/** Replaces an order by what its firing leaves if the order ends with that outcome. */
async function end(order: Pending, outcome: Result['outcome'], shots: number): Promise<void> {
  await cancelPending(world.deps, order, 'routine');
  const result: Result = {
    ...{ outcome, shots, bookingId: null, code: null, message: null, firedAt: null },
    ...{ latenessMs: null, latenessBoundMs: null, aimedBy: null },
  };
  const ended = { ...order, status: statusAfter(outcome), result, endedAt: order.opensAt };
  await world.deps.prebookings.put(ended, { ...order, status: 'cancelled' });
}

describe('a class that its routine has ordered is ordered anew', () => {
  test.each([
    ['moved', MOVED, { startsAt: '20:00' }, '20:00 YOGA pending'],
    ['renamed', RENAMED, { className: 'PILATES' }, '18:00 PILATES pending'],
  ])('if the box has %s it, and the routine is changed to that', async (_name, changed, wish, then) => {
    const { member, email, id, order } = await ordered();
    change(order, changed);

    await updateRoutine(world.deps, member, id, wish, unhurried);

    expect(await world.plan()).toMatchObject({ ordered: 1, problems: 0 });
    expect(await statesOf(email)).toEqual([then]);
    expect(await world.ordersOf(email)).toMatchObject([{ id: order.id, routineId: id, armed: true }]);
    expect(world.armed).toHaveLength(1);
  });

  test('if the box has moved it, and another routine replaces the first', async () => {
    const { member, email, id, order } = await ordered();
    change(order, MOVED);

    await deleteRoutine(world.deps, email, id, unhurried);
    await world.routine(member, AT_20);

    expect(await world.plan()).toMatchObject({ ordered: 1, problems: 0 });
    expect(await statesOf(email)).toEqual(['20:00 YOGA pending']);
  });
});

describe('an order for the old hour or name', () => {
  test('of another routine gives the new routine the problem class-moved, until that other routine is deleted', async () => {
    const { member, email, id, order } = await ordered();
    change(order, MOVED);
    await world.routine(member, AT_20);

    expect(await world.plan()).toMatchObject({ ordered: 0 });
    expect(await problemsOf(email)).toEqual([null, 'class-moved']);
    const { routines } = await world.deps.plans.find(email);
    expect(routines[1]?.problem?.detail).toBe(
      'A routine ordered this class for 18:00, and the box has moved it to 20:00. ' +
        'It is ordered for 20:00 if that order fails without a booking request, or if the routine for 18:00 is changed or deleted.',
    );
    expect(await statesOf(email)).toEqual(['18:00 YOGA pending']);

    await deleteRoutine(world.deps, email, id, unhurried);
    world.clock.advance(6 * HOUR);
    expect(await world.plan()).toMatchObject({ ordered: 1, problems: 0 });
    expect(await statesOf(email)).toEqual(['20:00 YOGA pending']);
  });

  test('of another routine books a class that is only renamed; once that routine is deleted, the class is ordered anew', async () => {
    const { member, email, id, order } = await ordered();
    change(order, RENAMED);
    await world.routine(member, PILATES);

    expect(await world.plan()).toMatchObject({ ordered: 0, problems: 0 });
    expect(await statesOf(email)).toEqual(['18:00 YOGA pending']);

    await deleteRoutine(world.deps, email, id, unhurried);
    world.clock.advance(Number(await world.planAtOf(email)));
    await world.plan();
    world.clock.advance(Number(await world.planAtOf(email)));
    expect(await world.plan()).toMatchObject({ ordered: 1, problems: 0 });
    expect(world.clock.now()).toBeLessThan(order.opensAt);
    expect(await statesOf(email)).toEqual(['18:00 PILATES pending']);
  });

  test('that was made by hand is no problem: an order by hand follows its class', async () => {
    const { member, email, id, order } = await ordered();
    await deleteRoutine(world.deps, email, id, unhurried);
    const own = { ...order, routineId: null };
    await placeOrder(world.deps, email, own, order.opensAt, { ...order, status: 'cancelled' });
    change(order, MOVED);
    await world.routine(member, AT_20);

    expect(await world.plan()).toMatchObject({ ordered: 0, problems: 0 });
    expect(await world.ordersOf(email)).toMatchObject([{ status: 'pending', routineId: null }]);
  });
});

describe('after an order for the old hour has ended', () => {
  /** Ends the order, moves its class and its routine, and plans the routine. */
  async function planAfter(ending: (order: Pending) => Promise<unknown>, wait: number) {
    const { member, email, id, order } = await ordered();
    await ending(order);
    change(order, MOVED);
    await updateRoutine(world.deps, member, id, { startsAt: '20:00' }, unhurried);
    world.clock.advance(wait);
    await world.plan();
    return { email, order };
  }

  test.each([
    ['before', 0],
    ['after', 2 * DAY],
  ])('the member’s cancellation prevents a new order %s the new opening', async (_name, wait) => {
    const { email } = await planAfter((order) => cancelPending(world.deps, order, 'member'), wait);

    expect(await statesOf(email)).toEqual(['18:00 YOGA cancelled']);
    expect(countRequests()).toBe(0);
    expect(await problemsOf(email)).toEqual([null]);
    expect(await world.planAtOf(email)).toBeGreaterThan(HOUR);
  });

  test.each([
    ['booking', 'booked'],
    ['refusal', 'no-credit'],
  ] as const)('AimHarder’s %s prevents a new request', async (_name, outcome) => {
    const { email } = await planAfter((order) => end(order, outcome, 1), 2 * DAY);

    expect(await statesOf(email)).toEqual([`18:00 YOGA ${statusAfter(outcome)}`]);
    expect(countRequests()).toBe(0);
  });

  test('an unknown outcome without a counted shot prevents a new request: a shot may have left', async () => {
    const { email } = await planAfter((order) => end(order, 'unknown', 0), 2 * DAY);

    expect(await statesOf(email)).toEqual(['18:00 YOGA failed']);
    expect(countRequests()).toBe(0);
  });

  test('the end of an order by hand prevents a new request, even if none was sent', async () => {
    const { email } = await planAfter((order) => end({ ...order, routineId: null }, 'class-not-found', 0), 2 * DAY);

    expect(await statesOf(email)).toEqual(['18:00 YOGA failed']);
    expect(countRequests()).toBe(0);
  });

  test('the end of a routine’s order without a booking request does not: the class is booked', async () => {
    const { email } = await planAfter((order) => end(order, 'class-not-found', 0), 2 * DAY);

    expect(await statesOf(email)).toEqual(['20:00 YOGA booked']);
    expect(countRequests()).toBe(1);
  });

  test.each([
    ['before', 0],
    ['after', 2 * DAY],
  ])(
    'a cancellation that cannot be read prevents an order %s the new opening; the date is tried again soon',
    async (_name, wait) => {
      const { email } = await planAfter(async (order) => {
        await cancelPending(world.deps, order, 'member');
        await world.spoil(order);
      }, wait);

      expect(countRequests()).toBe(0);
      expect(await statesOf(email)).toEqual([]);
      expect(await world.planAtOf(email)).toBe(5 * MINUTE);
    },
  );
});

describe('a class that the box has moved, and replaced by a new one at its old hour', () => {
  /** Ends the order with the new class of its hour, and plans another routine, for the new hour of the first class. */
  async function planOther(wait: number, outcome: Result['outcome'] = 'booked') {
    const { member, email, order } = await ordered();
    change(order, MOVED);
    const added = world.simulator.addClass({ day: MONDAY, time: '18:00', opensInMs: DAY, name: 'YOGA' });
    await end({ ...order, classId: added.classId }, outcome, 1);
    const { id } = await world.routine(member, AT_20);
    world.clock.advance(wait);
    await world.plan();
    return { member, email, id, moved: order.classId };
  }
  const requested = () => world.simulator.record.bookings.map(({ classId }) => classId);

  test.each(['booked', 'no-credit', 'unknown'] as const)(
    'is booked for another routine, although the order that has its id has ended for the new one (%s)',
    async (outcome) => {
      const { email, moved } = await planOther(2 * DAY, outcome);

      expect(requested()).toEqual([moved]);
      expect(await statesOf(email)).toEqual([`18:00 YOGA ${statusAfter(outcome)}`]);
    },
  );

  test('is recorded like one that was booked at once, so the routine does not ask for it again', async () => {
    const { member, email, id, moved } = await planOther(2 * DAY);
    expect(await world.deps.bookings.list(email)).toMatchObject([{ booked: { kind: 'booked', classId: moved } }]);

    await updateRoutine(world.deps, member, id, { whenFull: 'skip' }, unhurried);
    await world.plan();

    expect(requested()).toEqual([moved]);
  });

  test('is asked for at its opening, because no order can have its id', async () => {
    const { email, moved } = await planOther(0);
    expect(await problemsOf(email)).toEqual([null, null]);
    expect(requested()).toEqual([]);

    world.clock.advance(Date.UTC(2026, 2, 19, 19) - world.clock.now());
    await world.plan();

    expect(requested()).toEqual([moved]);
    expect(await problemsOf(email)).toEqual([null, null]);
  });
});

test('a class that another request orders and cancels at the same moment is ordered five minutes later', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  await world.routine(member, { weekday: 1 });
  const { prebookings } = world.deps;
  const put = prebookings.put.bind(prebookings);
  vi.spyOn(prebookings, 'put').mockImplementationOnce(async (order, previous) => {
    const { status: _, ...rest } = order;
    await put({ ...rest, status: 'cancelled', cancelledBy: 'routine', endedAt: world.clock.now() }, undefined);
    return put(order, previous);
  });

  expect(await world.plan()).toMatchObject({ ordered: 0 });
  expect(await world.planAtOf(member.email)).toBe(5 * MINUTE);
  world.clock.advance(5 * MINUTE);

  expect(await world.plan()).toMatchObject({ ordered: 1 });
});
