import { describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { startFiring } from '../support/firing/firing.ts';

/** How long after the opening a shot arrives that was aimed by our clock alone, over a path that takes no time; in milliseconds. */
const BY_OUR_CLOCK = 100;

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

describe('a class that its box lists only from the opening on', () => {
  const unlisted = { classId: null } as const;

  test('is found by its start and name, and booked at once', async (context) => {
    const { fire } = await firing(context, { hiddenUntilOpen: true });

    const { status, arrivals, reservations, result, classId } = await fire(6_000, { ordered: unlisted });

    expect({ status, reservations, shots: result.shots }).toEqual({ status: 'booked', reservations: 1, shots: 1 });
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(1);
    expect(classId).not.toBeNull();
  });

  test('is not booked if two classes have that name and start', async (context) => {
    const { fire, simulator } = await firing(context, { hiddenUntilOpen: true });
    const { day, time } = simulator.addClass({ opensInMs: 4_000 });

    const { result, arrivals } = await fire(4_000, { wanted: { day, time }, ordered: unlisted });

    expect(result).toMatchObject({ outcome: 'class-not-found', shots: 0 });
    expect(arrivals).toEqual([]);
  });

  test.each<[string, Fault, string]>([
    ['AimHarder is away', { kind: 'reset' }, 'upstream-unreachable'],
    ['AimHarder refuses every look', { kind: 'status', status: 503 }, 'upstream-rejected'],
    ['the session is logged out', { kind: 'logout' }, 'login-required'],
  ])('and cannot be looked for because %s, is told so', async (_name, fault, outcome) => {
    const { fire, simulator, stop } = await startFiring({ hiddenUntilOpen: true });
    simulator.failNext('/api/bookings', fault, 1_000);

    const { result } = await fire(3_000, { ordered: unlisted }).finally(stop);

    expect(result).toMatchObject({ outcome, shots: 0 });
  });

  test('and is looked for in vain when AimHarder answers again, is not found', async (context) => {
    const { fire, simulator } = await firing(context, { hiddenUntilOpen: true });
    simulator.failNext('/api/bookings', { kind: 'reset' }, 3);

    const { result } = await fire(3_000, { ordered: { ...unlisted, className: 'YOGA' } });

    expect(result).toMatchObject({ outcome: 'class-not-found', shots: 0 });
  });

  test('is looked for during 15 s', async (context) => {
    const { fire, clock } = await firing(context, { hiddenUntilOpen: true });
    const begun = clock.monotonic();

    const { result } = await fire(3_000, { ordered: { ...unlisted, className: 'YOGA' } });

    expect(result).toMatchObject({ outcome: 'class-not-found', shots: 0 });
    expect(clock.monotonic() - begun).toBe(3_000 + BY_OUR_CLOCK + 15_000);
  });
});
