import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { publishOutcomes } from '../../lib/prebookings/publish-outcomes.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeUnreadable } from '../support/prebookings/unreadable.ts';
import { waitingMember } from '../support/prebookings/waiting-member.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

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

test('outcomes for which no time is left are published in the next minute', async () => {
  const member = waitingMember(dynamo.documents);
  await member.prebook();
  const heard: string[] = [];
  const deps = { ...member.deps, publish: async ({ type }: { readonly type: string }) => void heard.push(type) };

  expect(await publishOutcomes(deps, AbortSignal.abort())).toBe(0);
  expect(heard).toEqual([]);

  expect(await publishOutcomes(deps, unhurried)).toBe(1);
});
