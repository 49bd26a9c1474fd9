import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoxStore } from '../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../lib/boxes/learned-rules.ts';
import type { OpeningRule } from '../../lib/boxes/opening-rule.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { steppedClock } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let rules: LearnedRules;
beforeAll(async () => {
  dynamo = await startDynamo();
  const { documents } = dynamo;
  rules = new LearnedRules({ documents, table: 'prebookings', boxes: new BoxStore({ documents, table: 'boxes' }) });
});
afterAll(() => dynamo.stop());

const holder = (email: string, box = 'box-a', familyId: string | null = null) => ({ email, box, familyId });
const itemsOf = async (email: string) => {
  const { Items } = await dynamo.documents.send(
    new QueryCommand({
      TableName: 'prebookings',
      KeyConditionExpression: 'email = :email',
      ExpressionAttributeValues: { ':email': email },
    }),
  );
  return Items;
};

test('each member, each of their family and each of their boxes has a rule of its own', async () => {
  const [ana, bea] = [holder('ana@example.com'), holder('bea@example.com')];
  const relative = holder('bea@example.com', 'box-a', '77');
  const elsewhere = holder('bea@example.com', 'box-b');

  await rules.learn(bea, { daysBefore: 2 });
  await rules.learn(relative, { daysBefore: 7 });

  expect(await Promise.all([bea, relative, elsewhere, ana].map((one) => rules.find(one)))).toEqual([
    { daysBefore: 2 },
    { daysBefore: 7 },
    null,
    null,
  ]);
  expect(await rules.findLongest('box-a')).toEqual({ daysBefore: 7 });
  expect(await rules.findLongest('box-b')).toBeNull();
});

test('a rule is replaced or forgotten without any change of the other rules', async () => {
  const [cleo, other] = [holder('cleo@example.com', 'box-c'), holder('cleo@example.com', 'box-d')];
  await rules.learn(cleo, { daysBefore: 4 });
  await rules.learn(cleo, { hoursBefore: 72 });
  await rules.learn(other, { daysBefore: 1 });
  expect(await rules.find(cleo)).toEqual({ hoursBefore: 72 });

  await rules.forget(cleo);
  await rules.forget(cleo);

  expect(await rules.find(cleo)).toBeNull();
  expect(await rules.find(other)).toEqual({ daysBefore: 1 });
  expect(await rules.findLongest('box-c')).toEqual({ daysBefore: 4 });
});

test('forgetting a rule that was never learned stores nothing', async () => {
  await rules.forget(holder('dora@example.com'));

  expect(await itemsOf('dora@example.com')).toEqual([]);
});

test('a rule is found by the member’s e-mail, and is none of their pre-bookings', async () => {
  await rules.learn(holder('eva@example.com', 'box-a', '77'), { daysBefore: 2 });

  expect(await itemsOf('eva@example.com')).toHaveLength(1);
  const prebookings = new PrebookingStore({ ...dynamo, table: 'prebookings', clock: steppedClock() });
  expect(await prebookings.list('eva@example.com')).toEqual([]);
});

test.each([{ daysBefore: 61 }, { hoursBefore: 0 }])('a rule out of range (%j) is not learned', async (rule) => {
  await expect(rules.learn(holder('fay@example.com', 'box-f'), rule as OpeningRule)).rejects.toThrow();

  expect(await rules.find(holder('fay@example.com', 'box-f'))).toBeNull();
  expect(await rules.findLongest('box-f')).toBeNull();
});

test('an invalid stored rule counts as unknown', async () => {
  const item = { email: 'gil@example.com', id: '#opening#box-a#', openingRule: { daysBefore: 999 } };
  await dynamo.documents.send(new PutCommand({ TableName: 'prebookings', Item: item }));

  expect(await rules.find(holder('gil@example.com'))).toBeNull();
});
