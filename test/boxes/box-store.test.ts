import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoxStore } from '../../lib/boxes/box-store.ts';
import type { OpeningRule } from '../../lib/boxes/opening-rule.ts';
import { startDynamo } from '../support/platform/dynamo.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let boxes: BoxStore;
beforeAll(async () => {
  dynamo = await startDynamo();
  boxes = new BoxStore({ documents: dynamo.documents, table: 'boxes' });
});
afterAll(() => dynamo.stop());

const NOTHING = { openingRule: null, openingDelay: null };
const DELAY = { refusedAtMs: 300, admittedAtMs: 340, seenAt: Date.UTC(2026, 2, 20) };
const STORED_DELAY = { shutMs: 300, openMs: 340, seenAt: DELAY.seenAt };

test('an opening rule is learned, replaced and forgotten', async () => {
  expect(await boxes.get('box-a')).toEqual(NOTHING);

  await boxes.learnRule('box-a', { daysBefore: 4 });
  await boxes.learnRule('box-a', { hoursBefore: 72 });
  expect(await boxes.get('box-a')).toMatchObject({ openingRule: { hoursBefore: 72 } });

  await boxes.forgetRule('box-a');
  expect(await boxes.get('box-a')).toEqual(NOTHING);
});

test('an opening delay is stored in the attribute gate, read, and deleted', async () => {
  await boxes.learnOpeningDelay('box-d', DELAY);

  const { Item } = await dynamo.documents.send(new GetCommand({ TableName: 'boxes', Key: { box: 'box-d' } }));
  expect(Item).toEqual({ box: 'box-d', gate: STORED_DELAY });
  expect(await boxes.get('box-d')).toEqual({ ...NOTHING, openingDelay: DELAY });

  await boxes.learnOpeningDelay('box-d', null);
  expect(await boxes.get('box-d')).toEqual(NOTHING);
});

test.each([{ daysBefore: 61 }, { daysBefore: -1 }, { hoursBefore: 0 }, { hoursBefore: 1_441 }, { daysBefore: 1.5 }])(
  'a rule out of range (%j) is not learned',
  async (rule) => {
    await expect(boxes.learnRule('box-b', rule as OpeningRule)).rejects.toThrow();

    expect(await boxes.get('box-b')).toEqual(NOTHING);
  },
);

test.each([
  [
    { openingRule: { daysBefore: 999 }, gate: STORED_DELAY },
    { openingRule: null, openingDelay: DELAY },
  ],
  [{ openingRule: 'soon' }, NOTHING],
  [{ openingRule: null }, NOTHING],
  [
    { openingRule: { daysBefore: 4 }, gate: 'late' },
    { openingRule: { daysBefore: 4 }, openingDelay: null },
  ],
])('of the item %j, the attributes that are valid are read', async (stored, known) => {
  await dynamo.documents.send(new PutCommand({ TableName: 'boxes', Item: { box: 'box-c', ...stored } }));

  expect(await boxes.get('box-c')).toEqual(known);
});
