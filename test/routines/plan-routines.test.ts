import { afterEach, describe, expect, test } from 'vitest';
import { cancelPrebooking } from '../../lib/prebookings/cancel-prebooking.ts';
import { placeOrder } from '../../lib/prebookings/place-order.ts';
import { updateRoutine } from '../../lib/routines/change-routines.ts';
import {
  DAY,
  FOUR_DAYS,
  HOUR,
  MINUTE,
  type Planning,
  shown,
  startPlanning,
  WEDNESDAY,
} from '../support/routines/planning.ts';

let world: Planning;
afterEach(() => world.stop());

describe('the class', () => {
  test('is told from another at that time by its name, without regard to case and accents', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, className: 'WOD' });
    await world.routine(member, { weekday: 1, className: ' gimnasticos ' });

    await world.plan();

    const orders = await world.ordersOf(member.email);
    const classes = await world.deps.aimHarder.listClasses(
      undefined,
      { box: 'crossfit-demo', boxId: '9001', day: '2026-03-23' },
      new AbortController().signal,
    );
    const nameOf = (classId: string | null) => classes.find((one) => one.classId === classId)?.name;
    expect(orders.map(({ classId }) => nameOf(classId)).toSorted()).toEqual(['GIMNÁSTICOS', 'WOD']);
  });

  test('that the timetable does not show is ordered without its slot id, and reported as a problem', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, hiddenUntilOpen: true });
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 1 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId: null, status: 'pending', day: '2026-03-23' }]);
    expect(await world.problemOf(member.email)).toMatchObject({
      code: 'class-not-found',
      detail: 'The class is not in the timetable yet. We look for it again when bookings open.',
    });
    await updateRoutine(world.deps, member, id, { until: '2027-01-01' }, new AbortController().signal);
    await world.plan();
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'class-not-found', day: '2026-03-23' });
    world.clock.advance(2 * DAY);
    await world.plan();
    expect((await world.ordersOf(member.email)).map(({ day }) => day)).toEqual(['2026-03-23', '2026-03-30']);
  });

  test('is ordered without its slot id when the timetable cannot be read', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    world.simulator.failNext('/api/bookings', { kind: 'status', status: 503 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId: null, status: 'pending' }]);
    expect(await world.problemOf(member.email)).toBeNull();
  });

  test.each([
    ['that is there twice', { name: 'Wód' }, 'class-ambiguous'],
    ['that the box has cancelled', { name: 'YOGA', cancelled: true }, 'class-cancelled'],
  ])('%s is not ordered, and is reported as a problem', async (_name, added, code) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, className: added.name === 'YOGA' ? 'yoga' : 'WOD' });
    await world.simulator.addClass({ day: '2026-03-23', time: '18:00', opensInMs: DAY, ...added });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ day: '2026-03-23', code });
    expect(await world.planAtOf(member.email)).toBe(6 * HOUR);
  });

  test.each([
    ['that the box cancels after it was ordered', { cancelled: true }, 'class-cancelled'],
    ['that the box moves to another hour after it was ordered', { time: '20:00' }, 'class-moved'],
  ])('%s is reported as a problem', async (_name, change, code) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const yoga = { day: '2026-03-23', time: '18:00', opensInMs: DAY, name: 'YOGA' };
    const { classId } = world.simulator.addClass(yoga);
    const { id } = await world.routine(member, { weekday: 1, className: 'YOGA' });
    await world.plan();
    world.simulator.changeClass(classId, change);

    await updateRoutine(world.deps, member, id, { until: '2027-01-01' }, new AbortController().signal);
    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId, classTime: '18:00', status: 'pending' }]);
    expect(await world.problemOf(member.email)).toMatchObject({ day: '2026-03-23', code });
  });

  test('that the member has ordered, and that the box moves, is no problem: the member’s order follows it', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const yoga = { day: '2026-03-23', time: '18:00', opensInMs: DAY, name: 'YOGA' };
    const { box, boxId, day, classId } = world.simulator.addClass(yoga);
    const wanted = { box, boxId, day, classId, familyId: null, whenFull: null, routineId: null, className: 'YOGA' };
    const startsAt = Date.UTC(2026, 2, 23, 17);
    const order = { ...wanted, classTime: '18:00', classStartsAt: startsAt };
    await placeOrder(world.deps, member.email, order, startsAt - 4 * DAY, undefined);
    world.simulator.changeClass(classId, { time: '20:00' });
    await world.routine(member, { weekday: 1, className: 'YOGA' });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId, routineId: null, status: 'pending' }]);
    expect(await world.problemOf(member.email)).toBeNull();
    expect(world.events).toEqual([]);
  });

  test('that stands live beside its cancelled twin is ordered', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const yoga = { day: '2026-03-23', time: '18:00', opensInMs: DAY, name: 'YOGA', cancelled: true };
    const { classId } = world.simulator.doubleClass(world.simulator.addClass(yoga).classId);
    await world.routine(member, { weekday: 1, className: 'YOGA' });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId, status: 'pending' }]);
    expect(await world.problemOf(member.email)).toBeNull();
  });

  test('that is cancelled on one date is still ordered on later ones', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6, startsAt: '12:00', className: 'YOGA' });
    await world.simulator.addClass({
      day: '2026-03-21',
      time: '12:00',
      opensInMs: -DAY,
      name: 'YOGA',
      cancelled: true,
    });

    await world.plan();

    expect(await world.problemOf(member.email)).toMatchObject({ day: '2026-03-21', code: 'class-cancelled' });
    expect(await world.ordersOf(member.email)).toMatchObject([{ day: '2026-03-28', status: 'pending' }]);
  });
});

describe('the member’s own decisions', () => {
  test('a date that the member has cancelled is not ordered again', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    await world.plan();
    const [order] = await world.ordersOf(member.email);
    await cancelPrebooking(world.deps, { email: member.email, id: order?.id ?? '' }, new AbortController().signal);

    world.clock.advance(2 * DAY);
    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toMatchObject([
      { day: '2026-03-23', status: 'cancelled' },
      { day: '2026-03-30', status: 'pending' },
    ]);
  });

  test('a class that the member booked and cancelled is not booked again', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });
    const booked = {
      ...{ box: 'crossfit-demo', day: '2026-03-21', classId: '1', familyId: null, className: 'WOD' },
      classStartsAt: Date.UTC(2026, 2, 21, 17),
    };
    await world.deps.bookings.recordBooked(member.email, booked, { kind: 'booked', bookingId: '5' }, WEDNESDAY);
    await world.deps.bookings.recordCancelled(member.email, 'crossfit-demo#5', WEDNESDAY);

    await world.plan();

    expect(world.simulator.record.bookings).toEqual([]);
    expect((await world.ordersOf(member.email)).map(({ day }) => day)).toEqual(['2026-03-28']);
  });
});

describe('many routines', () => {
  test('each has its order, however many pending pre-bookings the member has', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, maxPending: 1 });
    const member = await world.member();
    await world.deps.quota.reserve({ email: member.email, id: 'f'.repeat(32), routineId: null }, 1, world.clock.now());
    for (const weekday of [1, 2, 7]) await world.routine(member, { weekday });

    await world.plan();

    const { routines } = await world.deps.plans.find(member.email);
    expect(routines.map(({ problem }) => problem)).toEqual([null, null, null]);
    expect(await world.ordersOf(member.email)).toHaveLength(3);
    const another = { email: member.email, id: 'e'.repeat(32), routineId: null };
    expect(await world.deps.quota.reserve(another, 1, world.clock.now())).toBe(false);
  });

  test('a timetable is read once for all members, and no table is scanned', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    for (let index = 0; index < 12; index += 1) await world.routine(await world.member(), { weekday: 1 });
    const before = world.simulator.record.requests['/api/bookings'] ?? 0;
    world.commands.length = 0;

    expect(await world.plan()).toMatchObject({ planned: 12, ordered: 12 });

    expect((world.simulator.record.requests['/api/bookings'] ?? 0) - before).toBe(1);
    expect(world.commands.filter((name) => name.startsWith('Scan'))).toEqual([]);
    expect(world.commands.length).toBeGreaterThan(12);
  });

  test('one member’s failure affects no other', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const members = [await world.member(), await world.member(), await world.member()];
    for (const member of members) await world.routine(member, { weekday: 1 });
    const { prebookingQueries } = world.deps;
    const findByClass = prebookingQueries.findByClass.bind(prebookingQueries);
    prebookingQueries.findByClass = (email, wanted) =>
      email === members[1]?.email ? Promise.reject(new Error('a bug')) : findByClass(email, wanted);

    const counts = await world.plan();

    expect(counts).toMatchObject({ planned: 3, ordered: 2 });
    expect(world.errors).toHaveLength(1);
    expect(await world.planAtOf(members[1]?.email ?? '')).toBe(5 * MINUTE);
  });

  test('when the time is up no further member is begun; the others stay due', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    await world.routine(await world.member(), { weekday: 1 });
    const { planRoutines } = await import('../../lib/routines/plan-routines.ts');

    expect(await planRoutines(world.deps, world.clock.monotonic() - 1, new AbortController().signal)).toMatchObject({
      left: 1,
      planned: 0,
    });
    expect(await world.plan()).toMatchObject({ planned: 1 });
  });
});

test('a member whose routines take long has those that are left planned in the next run', async () => {
  world = await startPlanning({ rule: { weekday: 7, time: '17:30' } });
  const member = await world.member();
  for (const weekday of [1, 2, 3, 4, 5, 6]) await world.routine(member, { weekday });

  // Each takes 6 s, for the timetable is looked at again.
  expect(await world.plan()).toMatchObject({ planned: 1, routines: 5 });
  expect(await world.planAtOf(member.email)).toBeLessThanOrEqual(0);
  expect(await world.plan()).toMatchObject({ planned: 1, routines: 1 });
});
