import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clock, HOUR, SECOND } from '../../lib/platform/clock.ts';
import { cancelPrebooking } from '../../lib/prebookings/cancel-prebooking.ts';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { pendingOf } from '../support/accounts/account.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { START } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const unhurried = new AbortController().signal;
let members = 0;

const tableOf = (clock: Clock) => ({ documents: database.documents, table: 'prebookings', clock });

/** The writes of a firing, and its lease. */
function firing() {
  const lease = { id: 'a-firing', expiresAt: START + 2 * HOUR };
  const claims = new ClaimWrites({ ...tableOf(manualClock(START)), quota: { release: async () => undefined } });
  return { claims, lease };
}

/**
 * Cancels a stored pre-booking.
 *
 * @param meanwhile runs between the request's first read and its write.
 * @param opensIn how long after the request the pre-booking opens, in milliseconds.
 */
async function cancel(meanwhile: (store: PrebookingStore, seen: Pending) => Promise<unknown>, opensIn = HOUR) {
  members += 1;
  const pending = { ...pendingOf(`member-${members}@example.com`), opensAt: START + opensIn };
  const clock = manualClock(START);
  const table = tableOf(clock);
  const store = new PrebookingStore(table);
  await store.put(pending, undefined);
  let reads = 0;
  const prebookings = new PrebookingStore(table);
  prebookings.find = async (key) => {
    const found = await store.find(key);
    reads += 1;
    if (reads === 1) await meanwhile(store, pending);
    return found;
  };
  const deps = {
    ...{ prebookings, clock, logger: quiet, quota: new PendingQuota({ ...table, prebookings: store }) },
    wakeUps: { arm: async () => true, start: async () => undefined, disarm: async () => undefined },
  };
  const told = await cancelPrebooking(deps, pending, unhurried).then(
    () => 'cancelled',
    (error: unknown) => error,
  );
  return { told, stored: await store.find(pending) };
}

test('a pre-booking that follows its class meanwhile is cancelled', async () => {
  const { told, stored } = await cancel((store, seen) =>
    store.follow(seen, { ...seen, generation: 2, opensAt: seen.opensAt + HOUR }),
  );

  expect(told).toBe('cancelled');
  expect(stored).toMatchObject({ status: 'cancelled', generation: 2 });
});

test('an order that another request has cancelled and replaced meanwhile has ended, and the new order stays', async () => {
  const { told, stored } = await cancel(async (store, seen) => {
    await store.cancel(seen, 'member', START);
    const cancelled = await store.find(seen);
    if (cancelled?.status !== 'cancelled') throw new Error('not cancelled');
    await store.put({ ...seen, generation: 2, createdAt: START + 1 }, cancelled);
  });

  expect(told).toBe('cancelled');
  expect(stored).toMatchObject({ status: 'pending', generation: 2 });
});

test('a pre-booking that a routine has cancelled meanwhile has ended', async () => {
  const { told, stored } = await cancel((store, seen) => store.cancel(seen, 'routine', START));

  expect(told).toMatchObject({ code: 'prebooking-finished' });
  expect(stored).toMatchObject({ cancelledBy: 'routine' });
});

test('a claimed pre-booking that follows its class to a later opening meanwhile is cancelled', async () => {
  const { claims, lease } = firing();
  const { told, stored } = await cancel(async (_store, seen) => {
    await claims.claim(seen, lease, START);
    await claims.follow({ ...seen, opensAt: START + HOUR }, lease);
  }, SECOND);

  expect(told).toBe('cancelled');
  expect(stored).toMatchObject({ status: 'cancelled', opensAt: START + HOUR });
});

test.each<[string, number, 'claimed' | 'free', unknown]>([
  ['just before the last 3 s can be cancelled, though it is claimed', 3_001, 'claimed', 'cancelled'],
  ['within the last 3 s cannot be cancelled once it is claimed', 2_999, 'claimed', { code: 'prebooking-firing' }],
  ['within the last 3 s can be cancelled while it is not claimed', 2_999, 'free', 'cancelled'],
])('a pre-booking %s', async (_what, opensIn, state, expected) => {
  const { claims, lease } = firing();
  const { told } = await cancel(async (_store, seen) => {
    if (state === 'claimed') await claims.claim(seen, lease, START);
  }, opensIn);

  expect(told).toEqual(typeof expected === 'string' ? expected : expect.objectContaining(expected));
});
