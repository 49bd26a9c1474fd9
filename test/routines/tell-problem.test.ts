import { afterEach, describe, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { plusDays } from '../../lib/boxes/opening.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { updateRoutine } from '../../lib/routines/change-routines.ts';
import { problemFinder } from '../../lib/routines/find-problem.ts';
import type { RoutineChanges } from '../../lib/routines/routine-api.ts';
import { FOUR_DAYS, type Planning, startPlanning } from '../support/routines/planning.ts';

let world: Planning;
afterEach(() => world.stop());

const unhurried = new AbortController().signal;

/** Runs the planner every minute for a while, as the schedule does. */
async function planFor(ms: number) {
  for (let passed = 0; passed < ms; passed += MINUTE) {
    await world.plan();
    world.clock.advance(MINUTE);
  }
}

const told = () => world.events.map(({ type, detail }) => `${type} ${'code' in detail ? detail.code : ''}`);

/** Adds a class that opens in a day, 48 hours before it starts, and a member's routine for it. */
async function routineOf(changes: { readonly className?: string } = {}) {
  const member = await world.member();
  const added = world.simulator.addClass({ name: 'PILATES', opensAt: world.clock.now() + DAY });
  const weekday = new Date(`${added.day}T00:00:00Z`).getUTCDay() || 7;
  const { id } = await world.routine(member, {
    ...{ weekday, startsAt: added.time, className: 'PILATES', opening: { hoursBefore: 48 } },
    ...changes,
  });
  return { member, id, added };
}

const change = (
  { id, member }: Awaited<ReturnType<typeof routineOf>>,
  changes: z.infer<typeof RoutineChanges>,
): Promise<unknown> => updateRoutine(world.deps, member, id, changes, unhurried);

describe('a routine whose class the box has cancelled', () => {
  test('is told once within two minutes, not on the next runs, and cleared when it is over', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const { added, id, member } = await routineOf();
    world.simulator.changeClass(added.classId, { cancelled: true });

    await planFor(2 * MINUTE);
    expect(told()).toEqual(['Routine Blocked class-cancelled']);
    expect(world.events[0]).toMatchObject({
      detail: { email: member.email, routineId: id, day: added.day, className: 'PILATES', suggestions: [] },
    });
    await planFor(10 * MINUTE);
    world.clock.advance(7 * HOUR);
    await planFor(2 * MINUTE);
    expect(told()).toEqual(['Routine Blocked class-cancelled']);

    world.simulator.changeClass(added.classId, { cancelled: false });
    world.clock.advance(7 * HOUR);
    await planFor(2 * MINUTE);

    expect(told()).toEqual(['Routine Blocked class-cancelled', 'Routine Cleared class-cancelled']);
  });
});

describe('the member of a blocked routine is not told that it books again', () => {
  /** A routine for a class of every week, whose next class is ordered, and then cancelled by the box. */
  async function blocked() {
    world = await startPlanning({ openings: FOUR_DAYS });
    const routine = await routineOf();
    const { day, time } = routine.added;
    for (const weeks of [1, 2]) world.simulator.addClass({ name: 'PILATES', day: plusDays(day, 7 * weeks), time });
    await planFor(2 * MINUTE);
    const [order] = await world.ordersOf(routine.member.email);
    if (order?.status !== 'pending') throw new Error('there is no order');
    world.simulator.changeClass(routine.added.classId, { cancelled: true });
    await change(routine, {});
    await planFor(2 * MINUTE);
    expect(told()).toEqual(['Routine Blocked class-cancelled']);
    return { ...routine, order };
  }

  test('when the blocked class is over', async () => {
    const { member } = await blocked();

    for (let hours = 0; hours < 6 * 24; hours += 6) {
      world.clock.advance(6 * HOUR);
      await world.plan();
    }

    expect(told()).toEqual(['Routine Blocked class-cancelled']);
    expect((await world.deps.plans.find(member.email)).routines[0]).toMatchObject({ problem: null, told: null });
  });

  test('when the member skips its date', async () => {
    const routine = await blocked();
    await change(routine, { skip: [routine.added.day] });

    await planFor(2 * MINUTE);

    expect(told()).toEqual(['Routine Blocked class-cancelled']);
  });

  test('when it becomes a routine for another class', async () => {
    await change(await blocked(), { className: 'WOD', startsAt: '18:00' });

    await planFor(2 * MINUTE);

    expect(told()).toEqual(['Routine Blocked class-cancelled']);
  });

  test('when the order of the blocked class has ended', async () => {
    const { order } = await blocked();
    await world.deps.prebookings.cancel(order, 'member', world.clock.now());

    world.clock.advance(order.opensAt - world.clock.now() + HOUR);
    await planFor(2 * MINUTE);

    expect(told()).toEqual(['Routine Blocked class-cancelled']);
  });
});

test('what blocks a routine again is told again, by another event; if the plan cannot be written, the same event is told twice', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const routine = await routineOf();
  const { plans } = world.deps;
  const unwritten = {
    findDue: plans.findDue.bind(plans),
    find: plans.find.bind(plans),
    claim: plans.claim.bind(plans),
    put: async () => undefined,
  };
  for (const cancelled of [true, false, true]) {
    world.simulator.changeClass(routine.added.classId, { cancelled });
    await change(routine, {});
    await world.plan({ plans: unwritten });
    // The claim of the plan ends.
    world.clock.advance(3 * MINUTE);
    await planFor(2 * MINUTE);
  }

  const events = new Map(world.events.map(({ type, detail }) => [detail.eventId, type]));
  expect([...events.values()]).toEqual(['Routine Blocked', 'Routine Cleared', 'Routine Blocked']);
  expect(world.events).toHaveLength(6);
});

describe('a routine with a misspelt class', () => {
  test('is told once, with names that it may have meant', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    await routineOf({ className: 'PILATS' });

    await planFor(5 * MINUTE);

    expect(told()).toEqual(['Routine Blocked class-not-found']);
    expect(world.events[0]?.detail).toMatchObject({ suggestions: expect.arrayContaining(['PILATES']) });
  });

  test('is told of each date anew, and never twice of one', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    await routineOf({ className: 'PILATS' });

    for (let hours = 0; hours < 16 * 24; hours += 6) {
      await world.plan();
      world.clock.advance(6 * HOUR);
    }

    const ids = world.events.map(({ detail }) => detail.eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(told().length).toBeGreaterThanOrEqual(2);
  });
});

test('a box that hides its classes until they open blocks no routine', async () => {
  world = await startPlanning({ openings: FOUR_DAYS, hiddenUntilOpen: true });
  await world.routine(await world.member(), { weekday: 1 });

  await planFor(3 * MINUTE);

  expect(told()).toEqual([]);
});

test('an AimHarder that does not answer is not told, and clears nothing', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const { added } = await routineOf();
  world.simulator.changeClass(added.classId, { cancelled: true });
  await planFor(2 * MINUTE);

  world.clock.advance(7 * HOUR);
  world.simulator.failNext('/api/bookings', { kind: 'status', status: 503 }, 20);
  await planFor(2 * MINUTE);

  expect(told()).toEqual(['Routine Blocked class-cancelled']);
});

test('if the bus fails, the next run tells it', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const { added } = await routineOf();
  world.simulator.changeClass(added.classId, { cancelled: true });
  await world.plan({ publish: () => Promise.reject(new Error('the bus is away')) });
  expect(told()).toEqual([]);

  world.clock.advance(7 * HOUR);
  await planFor(2 * MINUTE);

  expect(told()).toEqual(['Routine Blocked class-cancelled']);
});

describe('the problem of a routine at once', () => {
  test.each([
    ['its class is there', {}, null],
    ['its name matches nothing', { className: 'PILATS' }, { code: 'class-not-found', suggestions: ['PILATES'] }],
  ])('when %s', async (_when, changes, problem) => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const { member } = await routineOf(changes);
    const plan = await world.deps.plans.find(member.email);
    const [routine] = plan.routines;
    if (!routine) throw new Error('there is no routine');

    const found = await problemFinder(world.deps)(routine, [], unhurried);

    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatchObject({ ...problem, suggestions: expect.arrayContaining(problem.suggestions) });
  });

  test('when AimHarder does not answer, that is the problem', async () => {
    world = await startPlanning({ openings: FOUR_DAYS });
    const { member } = await routineOf();
    const [routine] = (await world.deps.plans.find(member.email)).routines;
    if (!routine) throw new Error('there is no routine');
    world.simulator.failNext('/api/bookings', { kind: 'status', status: 503 }, 5);

    expect(await problemFinder(world.deps)(routine, [], unhurried)).toMatchObject({ code: 'upstream-unreachable' });
  });
});
