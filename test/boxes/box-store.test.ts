import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoxStore, boxStore } from '../../lib/boxes/box-store.ts';
import type { OpeningRule } from '../../lib/boxes/opening-rule.ts';
import { startDynamo } from '../support/platform/dynamo.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let boxes: BoxStore;
beforeAll(async () => {
  dynamo = await startDynamo();
  boxes = boxStore({ documents: dynamo.documents, table: 'boxes' });
});
afterAll(() => dynamo.stop());

const NOTHING = { openingRule: null, openingDelay: null };
const GATE = { shutMs: 300, openMs: 340, seenAt: Date.UTC(2026, 2, 20) };

test('a rule is learned, replaced and forgotten', async () => {
  expect(await boxes.get('box-a')).toEqual(NOTHING);

  await boxes.learnRule('box-a', { daysBefore: 4 });
  await boxes.learnRule('box-a', { hoursBefore: 72 });
  expect(await boxes.get('box-a')).toMatchObject({ openingRule: { hoursBefore: 72 } });

  await boxes.forgetRule('box-a');
  expect(await boxes.get('box-a')).toEqual(NOTHING);
});

test.each([{ daysBefore: 61 }, { daysBefore: -1 }, { hoursBefore: 0 }, { hoursBefore: 1_441 }, { daysBefore: 1.5 }])(
  'a rule that cannot be meant (%j) is not learned',
  async (rule) => {
    await expect(boxes.learnRule('box-b', rule as OpeningRule)).rejects.toThrow();

    expect(await boxes.get('box-b')).toEqual(NOTHING);
  },
);

test.each([
  [
    { openingRule: { daysBefore: 999 }, gate: GATE },
    { openingRule: null, openingDelay: GATE },
  ],
  [{ openingRule: 'soon' }, NOTHING],
  [{ openingRule: null }, NOTHING],
  [
    { openingRule: { daysBefore: 4 }, gate: 'late' },
    { openingRule: { daysBefore: 4 }, openingDelay: null },
  ],
])('what is stored as %j is read as far as it can be', async (stored, known) => {
  await dynamo.documents.send(new PutCommand({ TableName: 'boxes', Item: { box: 'box-c', ...stored } }));

  expect(await boxes.get('box-c')).toEqual(known);
});
