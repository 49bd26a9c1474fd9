import { afterEach, describe, expect, test } from 'vitest';
import { endPauses, setPauses } from '../../lib/routines/change-pauses.ts';
import { createRoutine, deleteRoutine, updateRoutine } from '../../lib/routines/change-routines.ts';
import { FOUR_DAYS, HOUR, MINUTE, type Planning, startPlanning } from '../support/routines/planning.ts';

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

describe('a change cancels at once the pre-bookings that are no longer wanted', () => {
  test.each([
    ['another weekday', { weekday: 2 }, '2026-03-24 pending'],
    ['another hour', { startsAt: '19:00' }, `${MONDAY} pending`],
    ['another class', { className: 'GIMNÁSTICOS' }, `${MONDAY} pending`],
    ['for one of the family', { familyId: '77' }, `${MONDAY} pending`],
    ['a first day', { from: '2026-03-24' }, '2026-03-30 pending'],
    ['a skipped date', { skip: [MONDAY] }, '2026-03-30 pending'],
  ])('%s', async (_name, changes, then) => {
    const { member, id } = await planned();

    await updateRoutine(world.deps, member, id, changes, unhurried);

    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    expect(world.armed).toEqual([]);
    await world.plan();
    expect((await states(member.email)).toSorted()).toEqual([`${MONDAY} cancelled`, then].toSorted());
    expect(world.armed).toHaveLength(1);
  });

  test.each([
    ['what to do when it is full', { whenFull: 'skip' as const }],
    ['the opening', { opening: { daysBefore: 3 } }],
  ])('%s: the same class is ordered anew', async (_name, changes) => {
    const { member, id } = await planned();

    await updateRoutine(world.deps, member, id, changes, unhurried);
    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([
      'opening' in changes
        ? { status: 'pending', opensAt: Date.UTC(2026, 2, 20, 17) }
        : { status: 'pending', ...changes },
    ]);
  });

  test('an opening rule that is removed: the box’s rule counts again', async () => {
    const { member, id } = await planned();
    await updateRoutine(world.deps, member, id, { opening: { daysBefore: 3 } }, unhurried);
    await world.plan();

    await updateRoutine(world.deps, member, id, { opening: null }, unhurried);
    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([
      { status: 'pending', opensAt: Date.UTC(2026, 2, 19, 17) },
    ]);
  });

  test('a last day that has passed: nothing is left to plan', async () => {
    const { member, id } = await planned();

    await updateRoutine(world.deps, member, id, { until: '2026-03-22' }, unhurried);
    await world.plan();

    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    expect(await world.planAtOf(member.email)).toBeNull();
  });

  test('the end of the routine, and of its pauses', async () => {
    const { member, id } = await planned();
    await setPauses(
      world.deps,
      member.email,
      { pauses: [{ from: '2026-07-01', until: '2026-07-31', routineId: id }] },
      unhurried,
    );

    await deleteRoutine(world.deps, member.email, id, unhurried);
    await world.plan();

    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    expect(await world.deps.plans.find(member.email)).toMatchObject({ routines: [], pauses: [], planAt: null });
  });

  test('a change that does not matter to a pre-booking leaves it alone', async () => {
    const { member, id } = await planned();

    await updateRoutine(world.deps, member, id, { className: 'wod', until: '2026-12-31' }, unhurried);
    await world.plan();

    expect(await states(member.email)).toEqual([`${MONDAY} pending`]);
    expect(world.armed).toHaveLength(1);
  });

  test('an opening that AimHarder told outlives the member’s rule, whose opening had passed', async () => {
    world = await startPlanning();
    const member = await world.member();
    await world.routine(member, { weekday: 1, opening: { daysBefore: 10 } });
    await world.plan();
    expect(await world.ordersOf(member.email)).toMatchObject([
      { status: 'pending', opensAt: Date.UTC(2026, 2, 19, 17) },
    ]);

    await endPauses(world.deps, member.email, unhurried);
    await setPauses(world.deps, member.email, { pauses: [] }, unhurried);
    await world.plan();

    expect(world.simulator.record.bookings).toHaveLength(1);
    expect(await states(member.email)).toEqual([`${MONDAY} pending`]);
  });
});

describe('a pre-booking that AimHarder has postponed, because it opens the class later than the routine states', () => {
  async function postponed() {
    world = await startPlanning();
    const member = await world.member();
    const { id } = await world.routine(member, { weekday: 1, opening: { daysBefore: 4 } });
    await world.plan();
    const [order] = await world.ordersOf(member.email);
    if (order?.status !== 'pending') throw new Error('nothing was ordered');
    world.clock.advance(order.opensAt - world.clock.now());
    await world.postpone(order, { daysBefore: 3 });
    world.clock.advance(10 * MINUTE);
    return { member, id };
  }

  test('stays, and its routine is planned again after the later opening', async () => {
    const { member } = await postponed();

    expect(await world.plan()).toMatchObject({ planned: 1, routines: 1, cancelled: 0 });

    expect(await world.ordersOf(member.email)).toMatchObject([
      { status: 'pending', opensAt: Date.UTC(2026, 2, 20, 17) },
    ]);
    expect(await world.planAtOf(member.email)).toBeGreaterThan(23 * HOUR);
  });

  test('is cancelled and ordered anew if the member states another opening', async () => {
    const { member, id } = await postponed();

    await updateRoutine(world.deps, member, id, { opening: { daysBefore: 3, time: '12:00' } }, unhurried);
    expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
    await world.plan();

    expect(await world.ordersOf(member.email)).toMatchObject([
      { status: 'pending', opensAt: Date.UTC(2026, 2, 20, 11) },
    ]);
  });
});

describe('twenty routines', () => {
  test('are the maximum; a second one for the same class returns the first', async () => {
    world = await startPlanning();
    const member = await world.member();
    const hour = (index: number) => `${String(index).padStart(2, '0')}:00`;
    for (let index = 0; index < 20; index += 1) await world.routine(member, { startsAt: hour(index) });

    await expect(world.routine(member, { startsAt: hour(20) })).rejects.toMatchObject({ code: 'routine-limit' });

    const { routines } = await world.deps.plans.find(member.email);
    expect(routines).toHaveLength(20);
    const again = { box: 'crossfit-demo', weekday: 3, startsAt: hour(7), className: ' wód' };
    expect(await createRoutine(world.deps, member, again, unhurried)).toMatchObject({
      isNew: false,
      routine: { id: routines[7]?.id },
    });
  });

  test('concurrent requests for the same class create one routine', async () => {
    world = await startPlanning();
    const member = await world.member();

    const made = await Promise.all(Array.from({ length: 5 }, () => world.routine(member)));

    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await world.deps.plans.find(member.email)).routines).toHaveLength(1);
  });
});
