import { afterEach, expect, test } from 'vitest';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { startFiring } from '../support/firing/firing.ts';
import { shareOf } from '../support/share.ts';

/* A database that fails, hangs or does not answer stands between no member and the shot. */

const unhurried = new AbortController().signal;

let world: Awaited<ReturnType<typeof startFiring>> | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** How far ahead the class opens when its pre-booking is fired, in milliseconds. */
const AHEAD = 60_000;
/** Once the session was read and the pre-booking claimed, in milliseconds before the opening. */
const CLAIMED = 58_000;
const ALWAYS = Number.POSITIVE_INFINITY;

const WHEN = {
  'during the preparation': [CLAIMED, 3_000],
  'in the last two seconds': [2_500, -1_000],
  always: [CLAIMED, -5_000],
};
const CASES = (Object.keys(WHEN) as (keyof typeof WHEN)[]).flatMap((when) =>
  (['reads', 'writes', 'everything'] as const).flatMap((of) =>
    (['fails', 'hangs', 'is carried out unanswered'] as const).flatMap((how) =>
      ([1, ALWAYS] as const).map((times) => ({ when, of, how, times })),
    ),
  ),
);

test.for(shareOf(CASES))(
  '$when, of the database’s answers $of: it $how, $times times: booked once',
  async ({ when, of, how, times }) => {
    world = await startFiring();
    const { fire, database, clock } = world;
    const [from, until] = WHEN[when];
    const opensAt = clock.monotonic() + AHEAD;
    database.fail({ of, how, times, from: opensAt - (from ?? 0), until: opensAt - (until ?? 0) });

    const { status, arrivals, reservations } = await fire(AHEAD);

    expect({ status, reservations }).toEqual({ status: 'booked', reservations: 1 });
    expect(arrivals).toHaveLength(1);
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(100);
  },
);

test('the member cancels while the commit is unanswered: the place is given back', async () => {
  world = await startFiring();
  const { fireOnce, database, clock, engine } = world;
  const opensAt = clock.monotonic() + AHEAD;
  database.fail({ of: 'writes', how: 'hangs', from: opensAt - CLAIMED, until: opensAt + 1_000 });
  const prebookings = new PrebookingStore({ documents: engine, table: 'prebookings', clock });

  const { end, arrivals, reservations, prebooking } = await fireOnce(AHEAD, {
    async meanwhile(pending) {
      await clock.until(opensAt - 3_500, unhurried);
      expect(await prebookings.cancel(pending, 'member', clock.now())).toBe(true);
    },
  });

  expect(arrivals).toHaveLength(1);
  expect({ end, reservations }).toEqual({ end: 'lease-lost', reservations: 0 });
  expect(prebooking).toMatchObject({ status: 'cancelled' });
});

test.for([0, 5_000])(
  'the commit is refused while the shot of a member who has cancelled is on its way, and the timetable lags by %d ms: the place is given back',
  async (timetableLagMs) => {
    world = await startFiring({ answerMs: { min: 1_700, max: 1_700 }, timetableLagMs });
    const { fireOnce, database, clock, engine } = world;
    const opensAt = clock.monotonic() + AHEAD;
    database.fail({ of: 'writes', how: 'hangs', from: opensAt - CLAIMED, until: opensAt - 1_500 });
    database.fail({ of: 'writes', how: 'is late', from: opensAt - 1_500, until: opensAt });
    const prebookings = new PrebookingStore({ documents: engine, table: 'prebookings', clock });

    const { end, arrivals, reservations, prebooking } = await fireOnce(AHEAD, {
      async meanwhile(pending) {
        await clock.until(opensAt - 3_500, unhurried);
        await prebookings.cancel(pending, 'member', clock.now());
      },
    });

    expect(arrivals).toHaveLength(1);
    expect({ end, reservations }).toEqual({ end: 'lease-lost', reservations: 0 });
    expect(prebooking).toMatchObject({ status: 'cancelled' });
  },
);

test('AimHarder keeps the place of a member who has cancelled while the commit was unanswered: it is told as booked', async () => {
  world = await startFiring();
  const { fireOnce, database, clock, engine, simulator } = world;
  const opensAt = clock.monotonic() + AHEAD;
  database.fail({ of: 'writes', how: 'hangs', from: opensAt - CLAIMED, until: opensAt + 1_000 });
  simulator.failNext('/api/cancelBook', { kind: 'status', status: 503 }, 100);
  const prebookings = new PrebookingStore({ documents: engine, table: 'prebookings', clock });

  const { reservations, prebooking } = await fireOnce(AHEAD, {
    async meanwhile(pending) {
      await clock.until(opensAt - 3_500, unhurried);
      await prebookings.cancel(pending, 'member', clock.now());
    },
  });

  expect(reservations).toBe(1);
  expect(prebooking).toMatchObject({ status: 'booked', result: { outcome: 'booked' } });
});

test.for(['fails', 'is carried out unanswered'] as const)(
  'a refusal names a later opening, and the write of it %s: the order waits for that opening',
  async (how) => {
    world = await startFiring({ rule: { unit: 'days', amount: 1 } });
    const { fireOnce, database, clock } = world;
    const opensAt = clock.monotonic() + 20_000;
    const startsInMs = 3 * 86_400_000;
    database.fail({ of: 'writes', how, from: opensAt + 119_400, until: opensAt + 125_000 });

    const { prebooking } = await fireOnce(startsInMs - 86_400_000, {
      wanted: { startsInMs },
      ordered: { opensAt, classStartsAt: clock.now() + startsInMs },
    });

    expect(prebooking).toMatchObject({ status: 'pending', needsNewWakeUp: true, lease: null });
    expect(prebooking?.opensAt).toBeGreaterThan(opensAt + 86_000_000);
  },
);
