import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { startFiring } from '../support/firing/firing.ts';

/* Only AimHarder's answer to the booking itself says that the session is dead. */

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

/** Makes the token of the member's background session so old that a firing refreshes it. */
async function makeStale({ deps, documents, clock }: Awaited<ReturnType<typeof startFiring>>) {
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

const EMAIL = 'ada@example.com';
const NOBODY = { kind: 'answer', body: '{"data":[]}' } as const;
const LOGOUT = { kind: 'logout' } as const;
const BOOKED = { status: 'booked', reservations: 1, result: { outcome: 'booked', shots: 1 } };
/** Time for every step of the preparation, in milliseconds. */
const IN_TIME = 12_000;
const ALWAYS = 100;

test.for([1, ALWAYS])(
  'whoami names nobody %d times while the session lives: a refresh and a second look follow, and the class is booked',
  async (times, context) => {
    const { fire, simulator } = await firing(context);
    simulator.failNext('/api/whoami', NOBODY, times);

    expect(await fire(IN_TIME)).toMatchObject(BOOKED);
    expect(simulator.record.requests['/api/tokenUpdate']).toBeGreaterThan(0);
    expect(simulator.record.requests['/api/whoami']).toBeGreaterThan(1);
  },
);

test.for([1, ALWAYS])(
  'tokenUpdate tells %d times that the session is over while it lives: the class is booked',
  async (times, context) => {
    const world = await firing(context);
    const { fire, simulator, deps } = world;
    await makeStale(world);
    simulator.failNext('/api/tokenUpdate', LOGOUT, times);

    const fired = await fire(IN_TIME);

    expect(fired).toMatchObject(BOOKED);
    expect(simulator.record.requests['/api/tokenUpdate']).toBeGreaterThan(0);
    expect(await deps.sessions.getBackgroundSession(fired.email)).toMatchObject({ state: 'active' });
  },
);

test('tokenUpdate and whoami both tell, again and again, that the session is over: the shot leaves all the same', async (context) => {
  const world = await firing(context);
  const { fire, simulator } = world;
  await makeStale(world);
  simulator.failNext('/api/tokenUpdate', LOGOUT, ALWAYS);
  simulator.failNext('/api/whoami', NOBODY, ALWAYS);

  expect(await fire(IN_TIME)).toMatchObject(BOOKED);
});

test('AimHarder refuses the session at the booking too: the pre-booking ends in login-required', async (context) => {
  const { fire, simulator } = await firing(context);
  for (const path of ['/api/tokenUpdate', '/api/book']) simulator.failNext(path, LOGOUT, ALWAYS);
  simulator.failNext('/api/whoami', NOBODY, ALWAYS);

  const { status, result, reservations } = await fire(IN_TIME);

  expect({ status, reservations }).toEqual({ status: 'failed', reservations: 0 });
  expect(result).toMatchObject({ outcome: 'login-required', shots: 1 });
});

test('the member has deleted the background session: no shot leaves', async (context) => {
  const { fire, deps } = await firing(context);
  const deletion = { sessionType: 'background', confirmProtectedDeletion: true } as const;
  await deps.sessions.deleteSession(EMAIL, deletion);

  const { result, arrivals } = await fire(3_000);

  expect(result).toMatchObject({ outcome: 'login-required', shots: 0 });
  expect(arrivals).toEqual([]);
});

test('the member deletes the background session after the preparation: no shot leaves', async (context) => {
  const { fire, deps, clock } = await firing(context);
  const deletion = { sessionType: 'background', confirmProtectedDeletion: true } as const;

  const { result, arrivals } = await fire(IN_TIME, {
    async meanwhile({ opensAt }) {
      await clock.until(opensAt - 4_000, new AbortController().signal);
      await deps.sessions.deleteSession(EMAIL, deletion);
    },
  });

  expect(result).toMatchObject({ outcome: 'login-required', shots: 0 });
  expect(arrivals).toEqual([]);
});

/** A pre-booking past its grace. An earlier firing has sent a shot, and only the timetable can show its result. */
const PAST_ITS_GRACE = { opensInMs: -3 * MINUTE, options: { shotsBefore: 1 } };

test('past the grace, the timetable is read with a session that counts as dead: it shows the place', async (context) => {
  const { fire, deps, documents } = await firing(context);
  const { prebooking: booked } = await fire(-500);
  const session = await deps.sessions.getBackgroundSession(EMAIL);
  await documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email: EMAIL, fingerprint: session?.fingerprint },
      UpdateExpression: 'SET #state = :dead',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':dead': 'login-required' },
    }),
  );
  const { opensInMs, options } = PAST_ITS_GRACE;
  const ordered = { day: booked?.day ?? '', classId: booked?.classId ?? null };

  const { status, result } = await fire(opensInMs, { ...options, ordered });

  expect({ status, outcome: result.outcome }).toEqual({ status: 'booked', outcome: 'booked' });
});

test('past the grace, an earlier shot is not told as missed if nobody can read what came of it', async (context) => {
  const { fire, simulator } = await firing(context);
  simulator.failNext('/api/bookings', { kind: 'status', status: 500 }, ALWAYS);

  const { status, result } = await fire(-21 * MINUTE, PAST_ITS_GRACE.options);

  expect({ status, outcome: result.outcome }).toEqual({ status: 'failed', outcome: 'unknown' });
});
