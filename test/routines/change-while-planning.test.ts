import { afterEach, expect, test, vi } from 'vitest';
import { setPauses } from '../../lib/routines/change-pauses.ts';
import { deleteRoutine, updateRoutine } from '../../lib/routines/change-routines.ts';
import { FOUR_DAYS, MINUTE, type Planning, startPlanning } from '../support/routines/planning.ts';

/* A member changes a routine or the pauses while the planner runs. */

let world: Planning;
afterEach(() => world.stop());

const unhurried = new AbortController().signal;
const MONDAY = '2026-03-23';
const states = async (email: string) => (await world.ordersOf(email)).map(({ day, status }) => `${day} ${status}`);

/** The planner, with something happening just after it has begun with a member. */
async function planWhile(meanwhile: () => Promise<unknown>) {
  const { plans } = world.deps;
  const claim = plans.claim.bind(plans);
  vi.spyOn(plans, 'claim').mockImplementationOnce(async (plan, until) => {
    const claimed = await claim(plan, until);
    await meanwhile();
    return claimed;
  });
  return world.plan();
}

test.each([
  [
    'a changed routine',
    (email: string, id: string) => updateRoutine(world.deps, { email, boxes: [] }, id, { weekday: 2 }, unhurried),
    '2026-03-24 pending',
  ],
  ['a deleted routine', (email: string, id: string) => deleteRoutine(world.deps, email, id, unhurried), undefined],
  [
    'a pause',
    (email: string) => setPauses(world.deps, email, { pauses: [{ from: MONDAY, until: MONDAY }] }, unhurried),
    '2026-03-30 pending',
  ],
] as const)('%s is honoured: what was ordered by the old plan is cancelled', async (_name, change, then) => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  const { id } = await world.routine(member, { weekday: 1 });

  const counts = await planWhile(() => change(member.email, id));

  // The planner did not see the change when it ordered the class.
  expect(counts).toMatchObject({ changed: 1, planned: 0, ordered: 1, cancelled: 1 });
  expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
  expect(world.armed).toEqual([]);
  world.clock.advance(MINUTE);
  expect(await world.plan()).toMatchObject({ planned: 1, cancelled: 0 });
  expect(await states(member.email)).toEqual([`${MONDAY} cancelled`, ...(then ? [then] : [])]);
});

test('no order of a deleted routine stays, even if another run has planned the change before the class was ordered', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  const { id } = await world.routine(member, { weekday: 1 });

  const counts = await planWhile(async () => {
    await deleteRoutine(world.deps, member.email, id, unhurried);
    world.clock.advance(MINUTE);
    expect(await world.plan()).toMatchObject({ planned: 1, cancelled: 0 });
  });

  expect(counts).toMatchObject({ changed: 1, ordered: 1, cancelled: 1 });
  expect(await world.planAtOf(member.email)).toBeNull();
  expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
  expect(world.armed).toEqual([]);
});

/**
 * Changes a routine while a first run plans it. A second run plans the change: it looks for unwanted orders before the first run
 * orders the class by the old plan, and finds that order afterwards. The first run then fails to store the plan.
 *
 * @param beforeDue happens just before the first run's next write, which makes the plan due.
 */
async function overlap(
  changes: Parameters<typeof updateRoutine>[3],
  beforeDue: (email: string) => Promise<unknown> = async () => undefined,
) {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  const { id } = await world.routine(member, { weekday: 1 });
  const { plans, prebookingQueries } = world.deps;
  const hasLooked = Promise.withResolvers<void>();
  const hasOrdered = Promise.withResolvers<void>();
  const findPending = prebookingQueries.findPending.bind(prebookingQueries);
  const put = plans.put.bind(plans);
  let second: ReturnType<Planning['plan']> | undefined;
  const first = planWhile(async () => {
    await updateRoutine(world.deps, member, id, changes, unhurried);
    vi.spyOn(prebookingQueries, 'findPending').mockImplementationOnce(async (...query) => {
      const found = await findPending(...query);
      hasLooked.resolve();
      await hasOrdered.promise;
      return found;
    });
    const firstPut = async (plan: Parameters<typeof put>[0]) => {
      hasOrdered.resolve();
      expect(await second).toMatchObject({ planned: 1, ordered: 0, cancelled: 0 });
      vi.spyOn(plans, 'put').mockImplementationOnce(async (due) => beforeDue(member.email).then(() => put(due)));
      return put(plan);
    };
    vi.spyOn(plans, 'put').mockImplementationOnce(firstPut).mockImplementation(put);
    second = world.plan();
    await hasLooked.promise;
  });
  expect(await first).toMatchObject({ changed: 1, ordered: 1, cancelled: 1 });
  expect(await states(member.email)).toEqual([`${MONDAY} cancelled`]);
  return member.email;
}

test.each([
  ['what to do when the class is full', { whenFull: 'skip' as const }, { whenFull: 'skip' }],
  ['the opening', { opening: { daysBefore: 3 } }, { opensAt: Date.UTC(2026, 2, 20, 17) }],
])(
  'after a change of %s, the class is ordered anew at once, even if another run has seen the old order',
  async (_name, changes, then) => {
    const email = await overlap(changes);

    expect(await world.planAtOf(email)).toBe(0);
    expect(await world.plan()).toMatchObject({ planned: 1, ordered: 1 });
    expect(await world.ordersOf(email)).toMatchObject([{ status: 'pending', ...then }]);
  },
);

test('after a change, the class is ordered anew at once, even if another run writes the plan at the same moment', async () => {
  await overlap({ whenFull: 'skip' }, async (email) => {
    const { plans } = world.deps;
    await plans.claim(await plans.find(email), world.clock.now() + MINUTE);
  });

  expect(await world.plan()).toMatchObject({ planned: 1, ordered: 1 });
});

test('a changed routine is not overwritten by the planner', async () => {
  world = await startPlanning({ openings: FOUR_DAYS });
  const member = await world.member();
  const { id } = await world.routine(member, { weekday: 1 });

  await planWhile(() => updateRoutine(world.deps, member, id, { weekday: 2 }, unhurried));

  expect(await world.deps.plans.find(member.email)).toMatchObject({
    routines: [{ id, weekday: 2, planAt: world.clock.now() }],
  });
});
