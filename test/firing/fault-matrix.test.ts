import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { startFiring } from '../support/firing/firing.ts';
import { LIES } from '../support/firing/lying-listing.ts';
import { Pipeline } from '../support/firing/pipeline.ts';
import { shareOf } from '../support/share.ts';

/* Every request of a firing but the booking × how it goes wrong × how often × when. A database's faults: database-faults.test.ts. */

const unhurried = new AbortController().signal;
const EMAIL = 'ada@example.com';

/** How far ahead the class opens when the test begins, in milliseconds: a little before the wake-up. */
const AHEAD = 125 * SECOND;
/** From when AimHarder is at fault, in milliseconds before the opening. */
const WHEN = { 'at the preparation': AHEAD, 'in the last two seconds': 2 * SECOND } as const;
const ALWAYS = 1_000;
const TIMES = { once: 1, always: ALWAYS } as const;

type When = keyof typeof WHEN;
type Times = keyof typeof TIMES;
type World = Awaited<ReturnType<typeof startFiring>>;
type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

/** Prepares and fires a pre-booking. @param spoil makes AimHarder fault from the given time on. */
async function fireSpoilt(
  { onTestFinished }: Finishing,
  when: When,
  spoil: (world: World, ordered: Pending) => void | Promise<void>,
  options: SimulatorOptions = {},
) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  await makeStale(world);
  const ordered = await world.order(AHEAD);
  await new Pipeline(world).run([ordered], async () => {
    if (WHEN[when] < AHEAD) await world.clock.until(ordered.opensAt - WHEN[when], unhurried);
    await spoil(world, ordered);
  });
  const reservations = world.simulator.reservations(ordered.classId ?? '').length;
  return { prebooking: await world.stored(ordered), reservations, arrivals: world.arrivals(ordered) };
}

/** Makes the token of the member's background session so old that a firing refreshes it. */
async function makeStale({ deps, documents, clock }: World) {
  const session = await deps.sessions.getBackgroundSession(EMAIL);
  await documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email: EMAIL, fingerprint: session?.fingerprint },
      UpdateExpression: 'SET lastTokenUpdateAt = :old',
      ExpressionAttributeValues: { ':old': toIso(clock.now() - 16 * MINUTE) },
    }),
  );
}

const BOOKED = { status: 'booked', result: { outcome: 'booked' } };
/** A shot that arrives at the opening, or, aimed by our own clock, 100 ms later. */
const ON_TIME = expect.toSatisfy((late: number) => late >= 0 && late <= 100);

const timesAndWhen = (Object.keys(WHEN) as When[]).flatMap((when) =>
  (Object.keys(TIMES) as Times[]).map((times) => ({ when, times })),
);

const REQUESTS = {
  whoami: '/api/whoami',
  tokenUpdate: '/api/tokenUpdate',
  listing: '/api/bookings',
  probe: '/favicon.ico',
} as const;

const FAULTS: Readonly<Record<string, Fault>> = {
  'fails with 503': { kind: 'status', status: 503 },
  'fails with 403': { kind: 'status', status: 403 },
  'is reset': { kind: 'reset' },
  'is redirected': { kind: 'redirect' },
  hangs: { kind: 'silent' },
  'takes 3 s': { kind: 'slow', ms: 3_000 },
};

test.for(
  shareOf(
    timesAndWhen.flatMap((one) =>
      (Object.keys(REQUESTS) as (keyof typeof REQUESTS)[]).flatMap((request) =>
        Object.keys(FAULTS).map((how) => ({ ...one, request, how })),
      ),
    ),
  ),
)('$request $how, $times, $when: booked once', async ({ request, how, times, when }, context) => {
  const { prebooking, reservations, arrivals } = await fireSpoilt(context, when, ({ simulator }) => {
    simulator.failNext(REQUESTS[request], FAULTS[how] ?? { kind: 'reset' }, TIMES[times]);
  });

  expect(prebooking).toMatchObject(BOOKED);
  expect(reservations).toBe(1);
  expect(arrivals).toEqual([ON_TIME]);
});

/** What ends a pre-booking if the timetable always lies at the preparation: the reason is recorded. */
const ENDS: Readonly<Record<string, object>> = {
  'the class under a wrong id': { status: 'failed', result: { outcome: 'unknown', message: 'La clase no existe' } },
  'the class as cancelled': { status: 'failed', result: { outcome: 'class-cancelled' } },
  'a place that the member has given back': { status: 'booked', result: { outcome: 'already-booked' } },
};

const lies = Object.keys(LIES) as (keyof typeof LIES)[];

test.for(shareOf(timesAndWhen.flatMap((one) => lies.map((lie) => ({ ...one, lie })))))(
  'the timetable shows $lie, $times, $when: booked once, or a reason for none',
  async ({ lie, times, when }, context) => {
    const { prebooking, reservations } = await fireSpoilt(context, when, ({ simulator }, ordered) => {
      simulator.failNext(REQUESTS.listing, LIES[lie](ordered), TIMES[times]);
    });

    const end = times === 'always' && when === 'at the preparation' ? ENDS[lie] : undefined;
    expect(prebooking).toMatchObject(end ?? BOOKED);
    expect(reservations).toBe(end ? 0 : 1);
  },
);

test.for(shareOf(lies))(
  'the box opens 6 s late, and the timetable shows %s once meanwhile: booked once',
  async (lie, context) => {
    const spoil = ({ simulator }: World, ordered: Pending) => simulator.failNext(REQUESTS.listing, LIES[lie](ordered));
    const { prebooking, reservations } = await fireSpoilt(context, 'in the last two seconds', spoil, {
      gateBiasMs: 6_000,
    });

    expect(prebooking).toMatchObject(BOOKED);
    expect(reservations).toBe(1);
  },
);

/** How AimHarder's answers to probes, or its clock, can be wrong. */
const WRONG_CLOCKS: Readonly<Record<string, SimulatorOptions>> = {
  'is 0.7 s ahead': { dateAheadMs: 700 },
  'is 0.7 s behind': { dateAheadMs: -700 },
  'is 4 s ahead': { dateAheadMs: 4_000 },
  'is 4 s behind': { dateAheadMs: -4_000 },
  'is 20 s ahead': { dateAheadMs: 20_000 },
  'is an hour behind': { dateAheadMs: -60 * MINUTE },
  'is missing': { date: 'missing' },
  'is an old one': { date: 'stale' },
  'comes from a cache': { date: 'cached' },
  'comes from clocks that disagree': { servers: [0, 400] },
  'comes after an answer to nothing': { keepAliveMs: SECOND, idleAnswer: true },
};
const RIGHT: SimulatorOptions = { dateAheadMs: 0, date: 'exact', servers: [0], keepAliveMs: null, idleAnswer: false };

test.for(shareOf(timesAndWhen.flatMap((one) => Object.keys(WRONG_CLOCKS).map((how) => ({ ...one, how })))))(
  'the Date of the probes $how, $times, $when: booked once',
  async ({ how, times, when }, context) => {
    const wrong = WRONG_CLOCKS[how] ?? {};
    const { prebooking, reservations, arrivals } = await fireSpoilt(
      context,
      when,
      async ({ simulator, clock }, { opensAt }) => {
        if (when === 'at the preparation' && times === 'once') await clock.until(opensAt - 10 * SECOND, unhurried);
        simulator.set(wrong);
        if (times === 'always') return;
        await clock.until(clock.monotonic() + SECOND, unhurried);
        simulator.set(RIGHT);
      },
    );

    expect(prebooking).toMatchObject(BOOKED);
    expect(reservations).toBe(1);
    // A clock that is wrong all the time by a few seconds cannot be told from a right one.
    if (times === 'always' && when === 'at the preparation' && / \d.* s /.test(how)) return;
    expect(arrivals).toEqual([ON_TIME]);
  },
);
