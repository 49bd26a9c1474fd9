import { expect, test } from 'vitest';
import { claim } from '../../lib/firing/claim.ts';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { LEASE_TTL, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { failingDatabase } from '../support/firing/failing-database.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';

const NOW = Date.UTC(2026, 2, 20, 18);
const SHOT = NOW + 60_000;
const ALWAYS = Number.POSITIVE_INFINITY;
const unhurried = new AbortController().signal;

/** Orders a class, whose pre-booking `claimed` claims. */
async function ordered(onTestFinished: (stop: () => Promise<void>) => void) {
  const { documents: engine, stop } = await startDynamo();
  const clock = virtualClock(NOW);
  onTestFinished(async () => {
    clock.stop();
    await stop();
  });
  const database = failingDatabase(engine, clock);
  const table = { documents: database.documents, table: 'prebookings' };
  const prebookings = new PrebookingStore({ ...table, clock });
  const claims = new ClaimWrites({ ...table, quota: new PendingQuota({ ...table, prebookings }) });
  const email = 'ada@example.com';
  const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId: '1', familyId: null };
  const pending: Pending = {
    ...{ ...wanted, email, id: prebookingId(email, wanted), generation: 1, whenFull: null, routineId: null },
    ...{ className: 'WOD', classTime: '18:00', classStartsAt: NOW + 86_400_000 },
    ...{ opensAt: SHOT, wakesAt: NOW - 30_000, createdAt: NOW - 60_000 },
    ...{ status: 'pending', armed: true, lease: null },
  };
  await prebookings.put(pending, undefined);
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const wakeUp = { ...pending, order: pending.generation };
  const claimIt = () => clock.run(() => claim({ prebookings, claims, clock, logger }, wakeUp, unhurried));
  return { clock, database, prebookings, claims, pending, claimIt };
}

async function claimed(onTestFinished: (stop: () => Promise<void>) => void) {
  const world = await ordered(onTestFinished);
  const result = await world.claimIt();
  if (typeof result === 'string') throw new Error(result);
  return { ...world, lease: result.lease };
}

test.for(['fails', 'hangs', 'is carried out unanswered'] as const)(
  'a claim is tried again while the database %s',
  async (how, { onTestFinished }) => {
    const { claimIt, database, prebookings, pending } = await ordered(onTestFinished);
    for (const requests of ['reads', 'writes'] as const)
      database.fail({ of: requests, how, from: NOW, until: ALWAYS, times: 2 });

    expect(await claimIt()).toMatchObject({ prebooking: { id: pending.id } });

    expect(await prebookings.find(pending)).toMatchObject({ lease: { id: expect.any(String) } });
  },
);

test('a lease that nobody else has claimed is not lost when it expires', async ({ onTestFinished }) => {
  const { clock, database, lease, prebookings, pending } = await claimed(onTestFinished);
  database.fail({ of: 'everything', how: 'fails', from: NOW, until: NOW + 2 * LEASE_TTL });

  const committed = await clock.run(async () => {
    lease.startRenewing(unhurried);
    await clock.until(NOW + 3 * LEASE_TTL, unhurried);
    lease.stopRenewing();
    return lease.commit(SHOT, SHOT, unhurried);
  });

  expect(committed).toBe(true);
  expect(await prebookings.find(pending)).toMatchObject({ status: 'firing' });
});

test('a commit is sent again after 200 ms, and only once more needs no answer of the first', async ({
  onTestFinished,
}) => {
  const { clock, database, lease, prebookings, pending } = await claimed(onTestFinished);
  database.fail({ of: 'writes', how: 'hangs', from: NOW, until: ALWAYS, times: 1 });

  const committedAt = await clock.run(async () => {
    await lease.commit(SHOT, SHOT, unhurried);
    return clock.monotonic();
  });

  expect(committedAt).toBe(NOW + 200);
  expect(await prebookings.find(pending)).toMatchObject({ status: 'firing', shots: 1 });
});

test('a commit that stays unanswered does not keep the shot back', async ({ onTestFinished }) => {
  const { clock, database, lease } = await claimed(onTestFinished);
  database.fail({ of: 'writes', how: 'hangs', from: NOW, until: ALWAYS });

  expect(await clock.run(() => lease.commit(SHOT, NOW + 2_000, unhurried))).toBe(true);

  expect(lease.lost.aborted).toBe(false);
});

test('a firing whose pre-booking another one has claimed may send no further shot', async ({ onTestFinished }) => {
  const { clock, prebookings, claims, pending, lease } = await claimed(onTestFinished);
  await clock.run(() => lease.commit(SHOT, SHOT, unhurried));
  const committed = await prebookings.find(pending);
  if (committed?.status !== 'firing') throw new Error('The pre-booking is not committed.');
  clock.jumpTo(SHOT + LEASE_TTL + 1);
  await claims.claim(committed, { id: 'other', expiresAt: clock.now() + LEASE_TTL }, clock.now());

  const recorded = clock.run(() => lease.recordShots(2, clock.monotonic() + 1_000, unhurried));

  await expect(recorded).rejects.toThrow('The lease was lost.');
  expect(lease.lost.aborted).toBe(true);
});

test('a second commit keeps the count of shots', async ({ onTestFinished }) => {
  const { clock, prebookings, pending, lease } = await claimed(onTestFinished);

  await clock.run(async () => {
    await lease.commit(SHOT, SHOT, unhurried);
    await lease.recordShots(5, SHOT, unhurried);
    await lease.commit(SHOT, SHOT, unhurried);
  });

  expect(await prebookings.find(pending)).toMatchObject({ status: 'firing', shots: 5 });
});
