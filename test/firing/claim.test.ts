import { expect, test } from 'vitest';
import { claim } from '../../lib/firing/claim.ts';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { LEASE_TTL, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const NOW = Date.UTC(2026, 2, 20, 18);
const unhurried = new AbortController().signal;

/** Claims a pre-booking. Renewals fail while `failing.on`. */
async function claimed(onTestFinished: (stop: () => Promise<void>) => void) {
  const { documents, stop } = await startDynamo();
  onTestFinished(stop);
  const clock = manualClock(NOW);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const claims = new ClaimWrites({ documents, table: 'prebookings', quota });
  const email = 'ada@example.com';
  const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId: '1', familyId: null };
  const pending: Pending = {
    ...{ ...wanted, email, id: prebookingId(email, wanted), generation: 1, whenFull: null, routineId: null },
    ...{ className: 'WOD', classTime: '18:00', classStartsAt: NOW + 86_400_000 },
    ...{ opensAt: NOW + 60_000, wakesAt: NOW - 30_000, createdAt: NOW - 60_000 },
    ...{ status: 'pending', armed: true, lease: null },
  };
  await prebookings.put(pending, undefined);
  const failing = { on: false };
  const renew = claims.renew.bind(claims);
  claims.renew = async (...args) => {
    if (failing.on) throw new Error('The database does not answer.');
    return renew(...args);
  };
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const result = await claim({ prebookings, claims, clock, logger }, { ...pending, order: pending.generation });
  if (typeof result === 'string') throw new Error(result);
  return { clock, prebookings, claims, pending, failing, lease: result.lease };
}

test('a lease that cannot be renewed is lost when it expires, and not before', async ({ onTestFinished }) => {
  const { clock, failing, lease } = await claimed(onTestFinished);
  failing.on = true;
  const lost = new Promise((resolve) => lease.lost.addEventListener('abort', resolve));

  lease.startRenewing(unhurried);
  await lost;

  expect(clock.monotonic()).toBeGreaterThanOrEqual(NOW + LEASE_TTL);
  expect(clock.monotonic()).toBeLessThan(NOW + LEASE_TTL + 2_000);
  await expect(lease.recordShots(2)).rejects.toThrow('The lease was lost.');
});

test('a firing that has lost its lease may send no further shot', async ({ onTestFinished }) => {
  const { clock, prebookings, claims, pending, lease } = await claimed(onTestFinished);
  await lease.commit(NOW + 60_000);
  const committed = await prebookings.find(pending);
  if (committed?.status !== 'firing') throw new Error('The pre-booking is not committed.');
  clock.advance(60_000 + LEASE_TTL + 1);
  await claims.claim(committed, { id: 'other', expiresAt: clock.now() + LEASE_TTL }, clock.now());

  await expect(lease.recordShots(2)).rejects.toThrow('The lease was lost.');
  expect(lease.lost.aborted).toBe(true);
});

test('a second commit keeps the count of shots', async ({ onTestFinished }) => {
  const { prebookings, pending, lease } = await claimed(onTestFinished);
  await lease.commit(NOW + 60_000);
  await lease.recordShots(5);
  await lease.commit(NOW + 60_000);

  expect(await prebookings.find(pending)).toMatchObject({ status: 'firing', shots: 5 });
});
