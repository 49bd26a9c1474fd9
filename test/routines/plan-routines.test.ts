import { afterEach, describe, expect, test } from 'vitest';
import { cancelPrebooking } from '../../lib/prebookings/cancel.ts';
import type { Prebooking } from '../../lib/prebookings/prebooking.ts';
import { DAY, HOUR, MINUTE, type Planning, startPlanning, WEDNESDAY } from '../support/planning.ts';

let world: Planning;
afterEach(() => world.stop());

const shown = ({ day, status, classId, opensAt }: Prebooking) => ({
  day,
  status,
  listed: classId !== null,
  opensAt: new Date(opensAt).toISOString().slice(0, 16),
});
const FOUR_DAYS = { 'crossfit-demo': { daysBefore: 4 } };

describe('with a known opening', () => {
  test('the next date is ordered, for its opening, with the slot id that the timetable has', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 1 });

    const counts = await world.plan();

    const [order, ...more] = await world.ordersOf(member.email);
    expect(more).toEqual([]);
    expect(order).toMatchObject({
      ...{ routineId: id, whenFull: 'waitlist', className: 'WOD', classTime: '18:00', familyId: null },
      ...{ day: '2026-03-23', status: 'pending', armed: true, opensAt: Date.UTC(2026, 2, 19, 17) },
    });
    const slots = world.gym.record.requests['/api/bookings'];
    expect(order?.classId).toMatch(/^\d+$/);
    expect(slots).toBe(1);
    expect(world.gym.record.bookings).toEqual([]);
    expect(world.armed).toHaveLength(1);
    expect(counts).toMatchObject({ planned: 1, routines: 1, ordered: 1, failed: 0, problems: 0 });
    expect(world.measured.at(-1)).toEqual({ RoutinesPlanned: 1, RoutinesOrdered: 1, PlansFailed: 0, PlansLeft: 0 });
  });

  test('it is looked at again a few minutes after that opening, and then the next date is ordered', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    await world.plan();
    const wait = Number(await world.planAtOf(member.email));
    const opening = Date.UTC(2026, 2, 19, 17) - WEDNESDAY;
    expect(wait).toBeGreaterThanOrEqual(opening + 3 * MINUTE);
    expect(wait).toBeLessThan(opening + 10 * MINUTE);

    world.clock.advance(wait - 1);
    expect(await world.plan()).toMatchObject({ planned: 0 });
    world.clock.advance(1);
    expect(await world.plan()).toMatchObject({ planned: 1, ordered: 1 });

    // The clocks go forward in between: same wall clock.
    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-19T17:00' },
      { day: '2026-03-30', status: 'pending', listed: true, opensAt: '2026-03-26T17:00' },
    ]);
  });

  test('planned twice, also at once, it is ordered once', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });

    const runs = await Promise.all([world.plan(), world.plan(), world.plan()]);
    await world.plan();

    expect(runs.reduce((sum, { ordered }) => sum + ordered, 0)).toBe(1);
    expect(await world.ordersOf(member.email)).toHaveLength(1);
    expect(world.armed).toHaveLength(1);
  });

  test('a planner that died after it had ordered is made up for, and nothing doubles', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    const dying = { ...world.deps.plans, put: () => Promise.reject(new Error('killed')) };
    expect(await world.plan({ plans: dying })).toMatchObject({ failed: 1 });
    expect(await world.ordersOf(member.email)).toHaveLength(1);

    // Its claim is still in the way.
    expect(await world.plan()).toMatchObject({ busy: 1 });
    world.clock.advance(2 * MINUTE);

    expect(await world.plan()).toMatchObject({ planned: 1, ordered: 0 });
    expect(await world.ordersOf(member.email)).toHaveLength(1);
    expect(world.armed).toHaveLength(1);
  });

  test('more than two weeks ahead it is only noted', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, from: '2026-05-04' });

    expect(await world.plan()).toMatchObject({ planned: 1, ordered: 0 });

    expect(await world.ordersOf(member.email)).toEqual([]);
    const opening = Date.UTC(2026, 3, 30, 16);
    expect(await world.planAtOf(member.email)).toBe(opening - 14 * DAY - WEDNESDAY);
    world.clock.advance(opening - 14 * DAY - WEDNESDAY);
    await world.plan();
    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-05-04', status: 'pending', listed: true, opensAt: '2026-04-30T16:00' },
    ]);
  });

  test('the member’s own rule comes before the box’s', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, opening: { weekday: 7, time: '17:30' } });

    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-22T16:30' },
    ]);
  });

  test('dates that are open already are booked at once, and told of; the next is ordered', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 6 });

    expect(await world.plan()).toMatchObject({ settled: 1, ordered: 1 });

    const orders = await world.ordersOf(member.email);
    expect(orders.map(shown)).toMatchObject([
      { day: '2026-03-21', status: 'booked' },
      { day: '2026-03-28', status: 'pending', opensAt: '2026-03-24T17:00' },
    ]);
    const [booked] = orders;
    expect(booked).toMatchObject({ routineId: id, result: { outcome: 'booked', shots: 1 } });
    expect(world.gym.reservations(booked?.classId ?? '')).toMatchObject([{ email: member.email }]);
    const untold = [];
    for (let shard = 0; shard < 8; shard += 1)
      for await (const key of world.deps.prebookings.unannounced(16 + shard)) untold.push(key.id);
    expect(untold).toEqual([booked?.id]);
  });

  test('a refusal ends that date: it is recorded, and never asked for again', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, noCredit: true });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });

    expect(await world.plan()).toMatchObject({ settled: 1, ordered: 1 });
    world.gym.set({ noCredit: false });
    world.clock.advance(2 * DAY);
    await world.plan();

    expect((await world.ordersOf(member.email))[0]).toMatchObject({
      status: 'failed',
      result: { outcome: 'no-credit' },
    });
    expect(world.gym.record.bookings).toHaveLength(1);
  });

  test('without a live session what is open cannot be booked: that is said, and tried again in an hour', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });
    world.gym.endSession({ email: member.email });

    await world.plan();

    expect(await world.problemOf(member.email)).toMatchObject({ code: 'login-required', day: '2026-03-21' });
    expect(await world.planAtOf(member.email)).toBe(HOUR);
    expect(await world.deps.sessions.getBackgroundSession(member.email)).toMatchObject({ state: 'login-required' });
    await world.login(member.email);
    world.clock.advance(HOUR);
    await world.plan();
    expect(await world.problemOf(member.email)).toBeNull();
    expect((await world.ordersOf(member.email)).map(shown)).toMatchObject([
      { status: 'booked' },
      { status: 'pending' },
    ]);
  });
});

describe('without a known opening', () => {
  test('AimHarder is asked once, what it tells is remembered for all, and the date is ordered', async () => {
    world = await startPlanning();
    const [ada, bob] = [await world.member(), await world.member()];
    await world.routine(ada, { weekday: 1 });

    await world.plan();

    expect((await world.ordersOf(ada.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-19T17:00' },
    ]);
    expect(world.gym.record.bookings).toHaveLength(1);
    await world.routine(bob, { weekday: 2 });
    await world.plan();
    expect(await world.ordersOf(bob.email)).toMatchObject([{ day: '2026-03-24', status: 'pending' }]);
    expect(world.gym.record.bookings).toHaveLength(1);
  });

  test('at most two open dates are asked for at a time', async () => {
    world = await startPlanning({ rule: { unit: 'days', amount: 30 } });
    const member = await world.member();
    await world.routine(member);

    await world.plan();

    expect((await world.ordersOf(member.email)).map(({ day, status }) => ({ day, status }))).toEqual([
      { day: '2026-03-18', status: 'booked' },
      { day: '2026-03-25', status: 'booked' },
    ]);
    expect(world.gym.record.bookings).toHaveLength(2);
    // Two weeks before the third.
    expect(await world.planAtOf(member.email)).toBe(4 * HOUR);
  });

  test('a box that tells no rule needs one given: that is said, and nothing is guessed', async () => {
    world = await startPlanning({ rule: { weekday: 7, time: '17:30' } });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({
      day: '2026-03-23',
      code: 'opening-unknown',
      detail: expect.stringContaining('Give opening'),
    });
    expect(await world.planAtOf(member.email)).toBe(6 * HOUR);
    expect(world.gym.record.bookings).toHaveLength(1);
  });

  test('AimHarder that gives no answer is asked again in five minutes', async () => {
    world = await startPlanning();
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    world.gym.failNext('/api/book', { kind: 'status', status: 503 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'upstream-rejected' });
    expect(await world.planAtOf(member.email)).toBe(5 * MINUTE);
    world.clock.advance(5 * MINUTE);
    await world.plan();
    expect(await world.problemOf(member.email)).toBeNull();
    expect(await world.ordersOf(member.email)).toMatchObject([{ status: 'pending' }]);
  });
});

describe('the class', () => {
  test('is told from another at that hour by its name, however it is written', async () => {
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

  test('that the timetable does not show is ordered without its slot id, and that is said', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, hiddenUntilOpen: true });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId: null, status: 'pending', day: '2026-03-23' }]);
    expect(await world.problemOf(member.email)).toMatchObject({
      code: 'class-not-found',
      detail: 'It is not in the timetable yet; it is looked for again at the opening.',
    });
    world.clock.advance(2 * DAY);
    await world.plan();
    expect((await world.ordersOf(member.email)).map(({ day }) => day)).toEqual(['2026-03-23', '2026-03-30']);
  });

  test('is ordered without its slot id when the timetable cannot be read', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    world.gym.failNext('/api/bookings', { kind: 'status', status: 503 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([{ classId: null, status: 'pending' }]);
    expect(await world.problemOf(member.email)).toBeNull();
  });

  test.each([
    ['that is there twice', { name: 'Wód' }, 'class-ambiguous'],
    ['that the box has cancelled', { name: 'YOGA', cancelled: true }, 'class-cancelled'],
  ])('%s is not ordered, and that is said', async (_name, added, code) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, className: added.name === 'YOGA' ? 'yoga' : 'WOD' });
    await world.gym.addClass({ day: '2026-03-23', time: '18:00', opensInMs: DAY, ...added });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ day: '2026-03-23', code });
    expect(await world.planAtOf(member.email)).toBe(6 * HOUR);
  });

  test('cancelled on a date that is open keeps no later date from being ordered', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6, startsAt: '12:00', className: 'YOGA' });
    await world.gym.addClass({ day: '2026-03-21', time: '12:00', opensInMs: -DAY, name: 'YOGA', cancelled: true });

    await world.plan();

    expect(await world.problemOf(member.email)).toMatchObject({ day: '2026-03-21', code: 'class-cancelled' });
    expect(await world.ordersOf(member.email)).toMatchObject([{ day: '2026-03-28', status: 'pending' }]);
  });
});

describe('what the member has seen to', () => {
  test('a date that the member has cancelled stays so', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    await world.plan();
    const [order] = await world.ordersOf(member.email);
    await cancelPrebooking(world.deps, { email: member.email, id: order?.id ?? '' });

    world.clock.advance(2 * DAY);
    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toMatchObject([
      { day: '2026-03-23', status: 'cancelled' },
      { day: '2026-03-30', status: 'pending' },
    ]);
  });

  test('a class booked at once, and one cancelled since, is not booked again', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });
    const booked = {
      ...{ box: 'crossfit-demo', day: '2026-03-21', classId: '1', familyId: null, className: 'WOD' },
      classStartsAt: Date.UTC(2026, 2, 21, 17),
    };
    await world.deps.bookings.noteBooked(member.email, booked, { kind: 'booked', bookingId: '5' }, WEDNESDAY);
    await world.deps.bookings.noteCancelled(member.email, 'crossfit-demo#5', WEDNESDAY);

    await world.plan();

    expect(world.gym.record.bookings).toEqual([]);
    expect((await world.ordersOf(member.email)).map(({ day }) => day)).toEqual(['2026-03-28']);
  });
});

describe('many', () => {
  test('at the limit of pending pre-bookings the rest wait, and that is said', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, maxPending: 2 });
    const member = await world.member();
    for (const weekday of [1, 2, 7]) await world.routine(member, { weekday });

    await world.plan();

    const { routines } = await world.deps.plans.find(member.email);
    expect(routines.map(({ problem }) => problem?.code)).toEqual([undefined, undefined, 'prebooking-limit']);
    expect(await world.ordersOf(member.email)).toHaveLength(2);
    expect(await world.planAtOf(member.email)).toBeLessThanOrEqual(HOUR);
  });

  test('members share a timetable: it is read once, and no table is scanned', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    for (let index = 0; index < 12; index += 1) await world.routine(await world.member(), { weekday: 1 });
    const before = world.gym.record.requests['/api/bookings'] ?? 0;
    world.commands.length = 0;

    expect(await world.plan()).toMatchObject({ planned: 12, ordered: 12 });

    expect((world.gym.record.requests['/api/bookings'] ?? 0) - before).toBe(1);
    expect(world.commands.filter((name) => name.startsWith('Scan'))).toEqual([]);
    expect(world.commands.length).toBeGreaterThan(12);
  });

  test('one member’s failure touches no other', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const members = [await world.member(), await world.member(), await world.member()];
    for (const member of members) await world.routine(member, { weekday: 1 });
    const { ofClass } = world.deps.orders;
    const failing: typeof ofClass = (email, wanted) =>
      email === members[1]?.email ? Promise.reject(new Error('a bug')) : ofClass(email, wanted);

    const counts = await world.plan({ orders: { ...world.deps.orders, ofClass: failing } });

    expect(counts).toMatchObject({ planned: 3, ordered: 2 });
    expect(world.errors).toHaveLength(1);
    expect(await world.planAtOf(members[1]?.email ?? '')).toBe(5 * MINUTE);
  });

  test('when the time is up nobody is begun; those left are due as before', async () => {
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
