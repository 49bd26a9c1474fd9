import { describe, expect, test } from 'vitest';
import type { Fault, SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { KEYS } from '../support/aimharder/known-answers.ts';
import { startFiring } from '../support/firing/firing.ts';
import { defined } from '../support/sessions/session-world.ts';

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

const unhurried = new AbortController().signal;
const SAME_HOUR = { kind: 'answer', body: `{"bookState":-12,"errorMssgLang":"${KEYS.sameHour}"}` } as const;
const UNKNOWN = { kind: 'answer', body: '{"bookState":-12,"errorMssgLang":"ALGO_NUEVO"}' } as const;

/** Books a class for a member of the family, or for the member, without the service. */
async function bookElsewhere({ simulator, clock, deps }: Awaited<ReturnType<typeof startFiring>>, time: string) {
  const { box, day, classId } = simulator.addClass({ opensInMs: -MINUTE, day: '2026-03-27', time, name: 'OPEN BOX' });
  const session = defined(await deps.sessions.getBackgroundSession('ada@example.com'));
  const credentials = await deps.tokens.decrypt(session);
  const answer = await clock.run(() => deps.aimHarder.book(credentials, { box, day, classId }, unhurried));
  expect(answer.kind).toBe('booked');
}

describe('a member who has another class at that hour', () => {
  test.each(['17:30', '18:00', '18:30'])('from %s on has reached a limit, and no place', async (time) => {
    const world = await startFiring({ sameHour: 'overlap' });
    await bookElsewhere(world, time);

    const { status, result, reservations } = await world
      .fire(12 * SECOND, { wanted: { day: '2026-03-27', time: '18:00' } })
      .finally(world.stop);

    expect([status, result.outcome, reservations]).toEqual(['failed', 'booking-limit', 0]);
  });

  test('that the timetable does not show has reached a limit, and no place', async (context) => {
    const { fire, simulator } = await firing(context);
    simulator.failNext('/api/book', SAME_HOUR);

    const { status, result } = await fire(12 * SECOND);

    expect([status, result.outcome, result.code]).toEqual(['failed', 'booking-limit', `-12 ${KEYS.sameHour}`]);
  });

  test('does not have it for a member of the family', async (context) => {
    const world = await firing(context);
    await bookElsewhere(world, '18:00');
    world.simulator.failNext('/api/book', SAME_HOUR);
    const { familyId } = world.simulator.demo;

    const { status, result } = await world.fire(12 * SECOND, {
      wanted: { day: '2026-03-27', time: '18:00', name: 'OPEN BOX' },
      ordered: { familyId },
    });

    expect([status, result.outcome]).toEqual(['failed', 'booking-limit']);
  });
});

test('a refusal in unknown words right after the opening is taken for too early, for a few seconds', async (context) => {
  const { fire, simulator } = await firing(context);
  simulator.failNext('/api/book', UNKNOWN, 1_000);

  const { status, result, arrivals } = await fire(12 * SECOND);

  expect([status, result.outcome, result.code]).toEqual(['failed', 'unknown', '-12 ALGO_NUEVO']);
  expect(arrivals.length).toBeGreaterThan(3);
  expect(defined(arrivals.at(-1))).toBeLessThanOrEqual(6.1 * SECOND);
});

test('a refusal in unknown words that comes later is not taken for too early', async (context) => {
  const { fire, simulator } = await firing(context);
  simulator.failNext('/api/book', UNKNOWN, 1_000);

  const { result } = await fire(-3 * SECOND);

  expect([result.outcome, result.shots]).toEqual(['unknown', 1]);
});

describe('an unwanted place on the waitlist', () => {
  const LOST: readonly Fault[] = [
    { kind: 'reset-after' },
    { kind: 'status', status: 502, carriedOut: true },
    { kind: 'answer', body: '', carriedOut: true },
  ];
  const FULL = { wanted: { capacity: 0, waitlist: 2 }, ordered: { whenFull: 'skip' } } as const;

  test.each(LOST.flatMap((fault) => [0, 5_000].map((lag) => [fault, lag] as const)))(
    'that is given up is gone although the answer is %j and the timetable is %d ms behind',
    async (fault, timetableLagMs) => {
      const world = await startFiring({ timetableLagMs });
      world.simulator.failNext('/api/cancelBook', fault);

      const { status, result, reservations } = await world.fire(12 * SECOND, FULL).finally(world.stop);

      expect([status, result.outcome, result.bookingId, reservations]).toEqual(['failed', 'class-full', null, 0]);
    },
  );

  test('that could not be given up is told', async (context) => {
    const { fire, simulator } = await firing(context);
    simulator.failNext('/api/cancelBook', { kind: 'reset' });

    const { status, reservations } = await fire(12 * SECOND, FULL);

    expect([status, reservations]).toEqual(['waitlisted', 1]);
  });
});
