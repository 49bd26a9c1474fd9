import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR } from '../../lib/platform/clock.ts';
import { cancelPrebooking } from '../../lib/prebookings/cancel-prebooking.ts';
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

/** Cancels a stored pre-booking. @param meanwhile runs between the request's first read and its write. */
async function cancel(meanwhile: (store: PrebookingStore, seen: Pending) => Promise<unknown>) {
  members += 1;
  const pending = pendingOf(`member-${members}@example.com`);
  const clock = manualClock(START);
  const table = { documents: database.documents, table: 'prebookings', clock };
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
