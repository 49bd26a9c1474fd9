import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endMembership } from '../../lib/accounts/end-membership.ts';
import { DAY, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { placeOrder } from '../../lib/prebookings/place-order.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { accountDeps, pendingOf } from '../support/accounts/account.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeUnreadable } from '../support/prebookings/unreadable.ts';
import { steppedClock } from '../support/sessions/session-world.ts';

/* The limit of these members is two pending pre-bookings. Some ids in their quota have no pre-booking any more. */

const LIMIT = 2;

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

let members = 0;
function orderingMember() {
  members += 1;
  const email = `ordering-${members}@example.com`;
  const clock = steppedClock();
  const table = { documents: database.documents, table: 'prebookings' };
  const prebookings = new PrebookingStore({ ...table, clock });
  const quota = new PendingQuota({ ...table, prebookings });
  return {
    ...{ email, clock, table, prebookings, quota },
    of: (classId: string) => pendingOf(email, classId, clock.now()),
    reserve: (order: Pending) => quota.reserve(order, LIMIT, clock.now()),
  };
}

/** A member whose two orders count, and are written. */
async function memberAtLimit() {
  const member = orderingMember();
  const orders = [member.of('1'), member.of('2')] as const;
  for (const order of orders) {
    await member.reserve(order);
    await member.prebookings.put(order, undefined);
  }
  return { ...member, orders };
}

describe('the quota of a pre-booking that is gone', () => {
  test('is free for a member who was not invited for so long that their cancelled orders are deleted', async () => {
    const { email, clock, of, reserve } = await memberAtLimit();
    await endMembership({ ...accountDeps(database.documents, clock), publish: async () => undefined }, email);

    clock.advance(91 * DAY);

    expect([await reserve(of('3')), await reserve(of('4')), await reserve(of('5'))]).toEqual([true, true, false]);
  });

  test('is free if the database refused to write the order', async () => {
    const { email, clock, table, prebookings, quota, of, reserve } = orderingMember();
    const failing = new PrebookingStore({ ...table, clock });
    failing.put = () => Promise.reject(new Error('the database does not answer'));
    const deps = {
      ...{ prebookings: failing, quota, clock, logger: quiet, maxPending: LIMIT, isDeleted: async () => false },
      wakeUps: { arm: async () => true, start: async () => undefined, disarm: async () => undefined },
      encryptMember: async () => 'k1.member',
    };
    for (const order of [of('1'), of('2')])
      await expect(placeOrder(deps, email, order, order.opensAt, undefined)).rejects.toThrow('does not answer');

    clock.advance(2 * MINUTE);

    expect(await prebookings.list(email)).toEqual([]);
    expect(await reserve(of('3'))).toBe(true);
  });
});

describe('the quota of an order without a pre-booking', () => {
  test('stays for two minutes, in which the pre-booking may be written', async () => {
    const { clock, of, reserve } = orderingMember();
    await reserve(of('1'));
    await reserve(of('2'));

    clock.advance(2 * MINUTE - SECOND);

    expect(await reserve(of('3'))).toBe(false);
  });

  test('stays if the class is ordered while the quota is reclaimed', async () => {
    const { clock, table, prebookings, quota, of, reserve } = orderingMember();
    const [first, second] = [of('1'), of('2')];
    await reserve(first);
    await reserve(second);
    clock.advance(2 * MINUTE);
    const reading = {
      find: async (...read: Parameters<PrebookingStore['find']>) => {
        const found = await prebookings.find(...read);
        if (read[0].id === first.id) await quota.reserve(first, LIMIT, clock.now());
        return found;
      },
    };
    const reclaiming = new PendingQuota({ ...table, prebookings: reading });

    expect(await reclaiming.reserve(of('3'), LIMIT, clock.now())).toBe(false);
  });
});

test('the quota of a pre-booking that cannot be decoded stays', async () => {
  const { orders, clock, of, reserve } = await memberAtLimit();
  await makeUnreadable(database.documents, orders[0]);

  clock.advance(2 * MINUTE);

  expect(await reserve(of('3'))).toBe(false);
});
