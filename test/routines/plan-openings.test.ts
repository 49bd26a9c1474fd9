import { afterEach, describe, expect, test, vi } from 'vitest';
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

/** How long the timetable is looked at again after a request that was refused. The next turn counts from before it. */
const LOOKED_AGAIN = 6_000;

let world: Planning;
afterEach(() => world.stop());

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
    const slots = world.simulator.record.requests['/api/bookings'];
    expect(order?.classId).toMatch(/^\d+$/);
    expect(slots).toBe(1);
    expect(world.simulator.record.bookings).toEqual([]);
    expect(world.armed).toHaveLength(1);
    expect(counts).toMatchObject({ planned: 1, routines: 1, ordered: 1, failed: 0, problems: 0 });
    expect(world.measured.at(-1)).toEqual({ RoutinesPlanned: 1, RoutinesOrdered: 1, PlansFailed: 0, PlansLeft: 0 });
  });

  test('the routine is planned again a few minutes after that opening, and the next date is ordered', async () => {
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

  test('two planners, one after the other or at the same time, order the date once', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });

    const runs = await Promise.all([world.plan(), world.plan(), world.plan()]);
    await world.plan();

    expect(runs.reduce((sum, { ordered }) => sum + ordered, 0)).toBe(1);
    expect(await world.ordersOf(member.email)).toHaveLength(1);
    expect(world.armed).toHaveLength(1);
  });

  test('after a planner has died, the next one continues and orders nothing twice', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    vi.spyOn(world.deps.plans, 'put').mockRejectedValueOnce(new Error('killed'));
    expect(await world.plan()).toMatchObject({ failed: 1 });
    expect(await world.ordersOf(member.email)).toHaveLength(1);

    // Its claim is still in the way.
    expect(await world.plan()).toMatchObject({ busy: 1 });
    world.clock.advance(2 * MINUTE);

    expect(await world.plan()).toMatchObject({ planned: 1, ordered: 0 });
    expect(await world.ordersOf(member.email)).toHaveLength(1);
    expect(world.armed).toHaveLength(1);
  });

  test('a date that opens in more than two weeks is left for later', async () => {
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

  test('the member’s opening rule takes precedence over the box’s', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 1, opening: { weekday: 7, time: '17:30' } });

    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-22T16:30' },
    ]);
  });

  test('dates that are open already are booked at once and published; the next is ordered', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 6 });

    expect(await world.plan()).toMatchObject({ finished: 1, ordered: 1 });

    const orders = await world.ordersOf(member.email);
    expect(orders.map(shown)).toMatchObject([
      { day: '2026-03-21', status: 'booked' },
      { day: '2026-03-28', status: 'pending', opensAt: '2026-03-24T17:00' },
    ]);
    const [booked] = orders;
    expect(booked).toMatchObject({ routineId: id, result: { outcome: 'booked', shots: 1 } });
    expect(world.simulator.reservations(booked?.classId ?? '')).toMatchObject([{ email: member.email }]);
    const untold = [];
    for (let shard = 0; shard < 8; shard += 1)
      for await (const key of world.deps.prebookings.findKeys(16 + shard)) untold.push(key.id);
    expect(untold).toEqual([booked?.id]);
  });

  test('a refusal ends that date: it is recorded, and the class is never requested again', async () => {
    world = await startPlanning({ openings: FOUR_DAYS, noCredit: true });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });

    expect(await world.plan()).toMatchObject({ finished: 1, ordered: 1 });
    world.simulator.set({ noCredit: false });
    world.clock.advance(2 * DAY);
    await world.plan();

    expect((await world.ordersOf(member.email))[0]).toMatchObject({
      status: 'failed',
      result: { outcome: 'no-credit' },
    });
    expect(world.simulator.record.bookings).toHaveLength(1);
  });

  test('without a live session an open class is a problem, retried in an hour', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const member = await world.member();
    await world.routine(member, { weekday: 6 });
    world.simulator.endSession({ email: member.email });

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
  test('AimHarder is asked once, its rule is kept for the member, and the dates are ordered', async () => {
    world = await startPlanning();
    const ada = await world.member();
    await world.routine(ada, { weekday: 1 });

    await world.plan();

    expect((await world.ordersOf(ada.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-19T17:00' },
    ]);
    expect(world.simulator.record.bookings).toHaveLength(1);
    await world.routine(ada, { weekday: 2 });
    await world.plan();
    expect(await world.ordersOf(ada.email)).toMatchObject([
      { day: '2026-03-23', status: 'pending' },
      { day: '2026-03-24', status: 'pending' },
    ]);
    expect(world.simulator.record.bookings).toHaveLength(1);
  });

  test('each member’s tariff has its own opening: what one was told makes no other wait', async () => {
    world = await startPlanning();
    const [bea, ana] = [await world.member(), await world.member()];
    world.simulator.set({
      memberRules: { [bea.email]: { unit: 'days', amount: 2 }, [ana.email]: { unit: 'days', amount: 7 } },
    });
    await world.routine(bea, { weekday: 1 });
    await world.plan();
    await world.routine(ana, { weekday: 1 });

    await world.plan();

    expect((await world.ordersOf(bea.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-21T17:00' },
    ]);
    expect((await world.ordersOf(ana.email)).map(shown)).toMatchObject([
      { day: '2026-03-23', status: 'booked' },
      { day: '2026-03-30', status: 'pending', opensAt: '2026-03-23T17:00' },
    ]);
  });

  test('a member and one of the family have tariffs of their own', async () => {
    world = await startPlanning();
    const bea = await world.member();
    const { familyId } = world.simulator.demo;
    world.simulator.set({
      memberRules: {
        [bea.email]: { unit: 'days', amount: 2 },
        [`${bea.email} ${familyId}`]: { unit: 'days', amount: 7 },
      },
    });
    await world.routine(bea, { weekday: 1 });
    await world.routine(bea, { weekday: 1, familyId });

    await world.plan();

    const orders = await world.ordersOf(bea.email);
    expect(orders.filter((one) => one.familyId === null).map(shown)).toMatchObject([
      { day: '2026-03-23', status: 'pending', opensAt: '2026-03-21T17:00' },
    ]);
    expect(orders.filter((one) => one.familyId === familyId).map(shown)).toMatchObject([
      { day: '2026-03-23', status: 'booked' },
      { day: '2026-03-30', status: 'pending', opensAt: '2026-03-23T17:00' },
    ]);
  });

  test('at most two open dates are requested at a time', async () => {
    world = await startPlanning({ rule: { unit: 'days', amount: 30 } });
    const member = await world.member();
    await world.routine(member);

    await world.plan();

    expect((await world.ordersOf(member.email)).map(({ day, status }) => ({ day, status }))).toEqual([
      { day: '2026-03-18', status: 'booked' },
      { day: '2026-03-25', status: 'booked' },
    ]);
    expect(world.simulator.record.bookings).toHaveLength(2);
    // Two weeks before the third.
    expect(await world.planAtOf(member.email)).toBe(4 * HOUR);
  });

  test('if AimHarder tells no rule, the member is asked for one and nothing is ordered', async () => {
    world = await startPlanning({ rule: { weekday: 7, time: '17:30' } });
    const member = await world.member();
    await world.routine(member, { weekday: 1 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({
      day: '2026-03-23',
      code: 'opening-unknown',
      detail: expect.stringContaining('Set `opening` yourself'),
    });
    expect(await world.planAtOf(member.email)).toBe(6 * HOUR - LOOKED_AGAIN);
    expect(world.simulator.record.bookings).toHaveLength(1);
  });

  test('if AimHarder does not answer, it is asked again in five minutes', async () => {
    world = await startPlanning();
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    world.simulator.failNext('/api/book', { kind: 'status', status: 503 });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'upstream-rejected' });
    expect(await world.planAtOf(member.email)).toBe(5 * MINUTE - LOOKED_AGAIN);
    world.clock.advance(5 * MINUTE);
    await world.plan();
    expect(await world.problemOf(member.email)).toBeNull();
    expect(await world.ordersOf(member.email)).toMatchObject([{ status: 'pending' }]);
  });
});
