import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finished, Result } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { publishOutcomes } from '../../lib/prebookings/publish-outcomes.ts';
import { pendingOf } from '../support/accounts/account.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeRecordUnreadable, makeUnreadable } from '../support/prebookings/unreadable.ts';
import { waitingMember } from '../support/prebookings/waiting-member.ts';
import { START } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const FULL: Result = {
  ...{ outcome: 'class-full', bookingId: null, code: null, message: null, firedAt: START, shots: 1 },
  ...{ latenessMs: null, latenessBoundMs: null, aimedBy: null },
};

const unhurried = new AbortController().signal;

test('an outcome that cannot be decoded does not stop the outcomes of others', async () => {
  const { documents } = dynamo;
  const [unreadable, ...others] = Array.from({ length: 9 }, () => waitingMember(documents));
  if (!unreadable) throw new Error('a member is missing');
  const outcome = await unreadable.prebook();
  for (const other of others) await other.prebook();
  await makeUnreadable(documents, outcome);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock: unreadable.clock });
  const heard: string[] = [];

  const published = await publishOutcomes(
    {
      ...unreadable.deps,
      prebookings,
      publish: async ({ detail }) => void heard.push(detail.email),
    },
    unhurried,
  );

  expect(published).toBe(8);
  expect(heard.toSorted()).toEqual(others.map(({ email }) => email).toSorted());
  expect(unreadable.errors).toContainEqual(['event-not-published', expect.any(Error), { prebooking: outcome.id }]);
});

describe('an outcome whose class is ordered again', () => {
  /** Stores a pre-booking that has failed. */
  async function failed() {
    const member = waitingMember(dynamo.documents);
    const order = pendingOf(member.email);
    const failure: Finished = { ...order, status: 'failed', result: FULL, endedAt: START };
    const { prebookings } = member.deps;
    await prebookings.put(failure, undefined);
    return { ...member, prebookings, failure, orderAgain: () => prebookings.put({ ...order, generation: 2 }, failure) };
  }

  test('before it is published is published, and once', async () => {
    const { failure, orderAgain, publishAll, published, stored } = await failed();

    expect(await orderAgain()).toBe(true);

    expect([await publishAll(), await publishAll()]).toEqual([1, 0]);
    expect(published).toMatchObject([{ type: 'PreBooking Failed', detail: { eventId: `${failure.id}-1` } }]);
    expect(await stored()).toMatchObject([{ status: 'pending', generation: 2 }]);
  });

  test('after it is published is not published again', async () => {
    const { prebookings, failure, orderAgain, publishAll } = await failed();
    await prebookings.markPublished(failure);

    expect(await orderAgain()).toBe(true);

    expect(await publishAll()).toBe(0);
    const replaced = { email: failure.email, id: `#outcome#${failure.id}#1` };
    expect(await prebookings.replacedOutcomes.find(replaced)).toBe(undefined);
  });
});

test.each(['booked', 'waitlisted'] as const)(
  'a place (%s) that its member has cancelled before its outcome is published needs no message',
  async (status) => {
    const member = waitingMember(dynamo.documents);
    await member.prebook({ outcome: status }, status);
    await member.deps.bookings.recordCancelled(member.email, 'crossfit-demo#90001', member.clock.now());

    await member.publishAll();

    expect(member.published).toMatchObject([{ detail: { outcome: status, bookingId: '90001', isAnswered: true } }]);
  },
);

test('an outcome is told, although another booking is cancelled, or the record of its own cannot be decoded', async () => {
  const [kept, unreadable] = [waitingMember(dynamo.documents), waitingMember(dynamo.documents)];
  for (const member of [kept, unreadable]) await member.prebook({ outcome: 'booked' }, 'booked');
  await kept.deps.bookings.recordCancelled(kept.email, 'crossfit-demo#90002', kept.clock.now());
  await makeRecordUnreadable(dynamo.documents, unreadable.email, 'crossfit-demo#90001');

  for (const member of [kept, unreadable]) {
    expect(await member.publishAll()).toBe(1);
    expect(member.published).toMatchObject([{ type: 'PreBooking Booked', detail: { isAnswered: false } }]);
  }
  expect(unreadable.errors).toHaveLength(1);
});

test('outcomes for which no time is left are published in the next minute', async () => {
  const member = waitingMember(dynamo.documents);
  await member.prebook();
  const heard: string[] = [];
  const deps = { ...member.deps, publish: async ({ type }: { readonly type: string }) => void heard.push(type) };

  expect(await publishOutcomes(deps, AbortSignal.abort())).toBe(0);
  expect(heard).toEqual([]);

  expect(await publishOutcomes(deps, unhurried)).toBe(1);
});
