import { expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import { AppError } from '../../lib/platform/errors.ts';
import { type CancelPrebookingDeps, cancelPrebooking } from '../../lib/prebookings/cancel-prebooking.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import type { Pending, PrebookingKey } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { startFiring } from '../support/firing/firing.ts';
import { Pipeline } from '../support/firing/pipeline.ts';
import { shareOf } from '../support/share.ts';

/* A member who cancels beside the firing is told the truth: 204 and no place, or 409 and a place. */

const unhurried = new AbortController().signal;
/** How far ahead the class opens when the test begins, in milliseconds: a little before the wake-up. */
const AHEAD = 125 * SECOND;
type World = Awaited<ReturnType<typeof startFiring>>;

/** Cancels as the route does, over a database that works. @returns the status that the member is told. */
async function cancel({ engine, clock }: World, key: PrebookingKey): Promise<204 | 409> {
  const table = { documents: engine, table: 'prebookings' };
  const prebookings = new PrebookingStore({ ...table, clock });
  const deps: CancelPrebookingDeps = {
    ...{ prebookings, clock },
    quota: new PendingQuota({ ...table, prebookings }),
    wakeUps: { arm: async () => true, start: async () => undefined, disarm: async () => undefined },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  try {
    await cancelPrebooking(deps, key, unhurried);
    return 204;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'prebooking-not-found') return 409;
    throw error;
  }
}

/** What may go wrong beside the firing that the member cancels. Its writes do from 10 s before the opening on. */
const SCENARIOS = {
  'nothing is wrong': {},
  'AimHarder’s clock is 3 s ahead': { simulator: { skewMs: 3 * SECOND } },
  'AimHarder’s clock is 3 s behind': { simulator: { skewMs: -3 * SECOND } },
  'the box opens 3 s late': { simulator: { gateBiasMs: 3 * SECOND } },
  'the firing’s writes hang': { how: 'hangs' },
  'the firing’s writes fail': { how: 'fails' },
  'the firing’s writes are carried out unanswered': { how: 'is carried out unanswered' },
} as const;

type Scenario = { readonly simulator?: object; readonly how?: 'hangs' | 'fails' | 'is carried out unanswered' };
type AroundSteps = NonNullable<Parameters<typeof startFiring>[1]>;

type Act = (world: World, pending: Pending) => Promise<void>;

/** Prepares and fires a pre-booking, and acts beside that. @returns how many places the class has in the end. */
async function fireBeside(scenario: keyof typeof SCENARIOS, act: Act, aroundSteps?: AroundSteps): Promise<number> {
  const { simulator = {}, how }: Scenario = SCENARIOS[scenario];
  const world = await startFiring(simulator, aroundSteps);
  try {
    const opensAt = world.clock.monotonic() + AHEAD;
    if (how) world.database.fail({ of: 'writes', how, from: opensAt - 10 * SECOND, until: opensAt + 2 * SECOND });
    const pending = await world.order(AHEAD);
    await new Pipeline(world).run([pending], () => act(world, pending));
    return world.simulator.reservations(pending.classId ?? '').length;
  } finally {
    await world.stop();
  }
}

const isTold = ({ told, places }: { readonly told: number | undefined; readonly places: number }) =>
  told === (places === 0 ? 204 : 409);

/**
 * Cancels before the nth request of a preparation and its firing, or never if they have fewer.
 *
 * @returns how many requests they had, what the member was told, and how many places the class has in the end.
 */
async function cancelBefore(scenario: keyof typeof SCENARIOS, nth: number) {
  let told: number | undefined;
  let cancelNow: (() => Promise<void>) | undefined;
  let requests = 0;
  const places = await fireBeside(
    scenario,
    async (world, pending) => {
      cancelNow = async () => {
        told = await cancel(world, pending);
      };
    },
    async (step) => {
      if (cancelNow) requests += 1;
      if (requests === nth) await cancelNow?.();
      return step();
    },
  );
  return { requests, told, places };
}

/* Before each request of the preparation and the firing, to the database or to AimHarder: between every two of them. */
test.for(['nothing is wrong', 'the firing’s writes hang', 'the firing’s writes are carried out unanswered'] as const)(
  '%s, and the member cancels before the first, second, … last request of preparation and firing',
  async (scenario) => {
    const { requests } = await cancelBefore(scenario, Number.POSITIVE_INFINITY);
    const all = Array.from({ length: requests }, (_, index) => index + 1);
    const seen: { readonly nth: number; readonly told: number | undefined; readonly places: number }[] = [];
    // The first and the last are always played: a member is told 204 before the one, and 409 before the other.
    for (const nth of new Set([1, ...shareOf(all), requests])) {
      const { told, places } = await cancelBefore(scenario, nth);
      seen.push({ nth, told, places });
    }

    expect(seen.filter((one) => !isTold(one))).toEqual([]);
    expect(new Set(seen.map(({ told }) => told))).toEqual(new Set([204, 409]));
  },
);

/** From two minutes to a moment before the opening, in milliseconds; closer around the commit. */
const INSTANTS = [
  119_000, 60_000, 30_000, 9_000, 5_500, 5_000, 4_500, 3_500, 3_010, 2_990, 2_500, 2_010, 1_990, 1_500, 50, -50,
];

const CELLS = (Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[]).flatMap((scenario) =>
  INSTANTS.map((before) => ({ scenario, before })),
);

test.for(shareOf(CELLS))(
  '$scenario, and the member cancels $before ms before the opening',
  async ({ scenario, before }) => {
    let told = 0;
    const places = await fireBeside(scenario, async (world, pending) => {
      await world.clock.until(pending.opensAt - before, unhurried);
      told = await cancel(world, pending);
    });

    expect({ told, places }).toSatisfy(isTold);
    if (before === INSTANTS[0]) expect(told).toBe(204);
    if (before === INSTANTS.at(-1)) expect(told).toBe(409);
  },
);
