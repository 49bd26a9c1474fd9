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

const NOTHING = { longestRule: null, openingDelay: null };
const DELAY = {
  ...{ refusedAtMs: 300, refusedOn: Date.UTC(2026, 2, 20), refusedBy: null, searchedFromMs: 300 },
  ...{ admittedAtMs: 340, admittedOn: Date.UTC(2026, 2, 21), admittedOpenings: 1 },
};
const STORED_DELAY = { ...DELAY, version: 'a' };

test('the box keeps the longest rule of its members', async () => {
  expect(await boxes.get('box-a')).toEqual(NOTHING);

  for (const [told, longest] of [
    [{ daysBefore: 2 }, { daysBefore: 2 }],
    [{ hoursBefore: 72 }, { hoursBefore: 72 }],
    [{ daysBefore: 7 }, { daysBefore: 7 }],
    [{ daysBefore: 2 }, { daysBefore: 7 }],
    [{ hoursBefore: 167 }, { daysBefore: 7 }],
  ] as const) {
    await boxes.learnLongestRule('box-a', told);
    expect(await boxes.get('box-a')).toMatchObject({ longestRule: longest });
  }
});

test('a rule that an earlier version has stored counts until another one is learned', async () => {
  await dynamo.documents.send(
    new PutCommand({ TableName: 'boxes', Item: { box: 'box-g', openingRule: { daysBefore: 4 } } }),
  );
  expect(await boxes.get('box-g')).toMatchObject({ longestRule: { daysBefore: 4 } });

  await boxes.learnLongestRule('box-g', { daysBefore: 7 });

  expect(await boxes.get('box-g')).toMatchObject({ longestRule: { daysBefore: 7 } });
});

test('an opening delay is stored in the attribute gate, read, and deleted', async () => {
  await boxes.changeOpeningDelay('box-d', () => DELAY);

  const { Item } = await dynamo.documents.send(new GetCommand({ TableName: 'boxes', Key: { box: 'box-d' } }));
  expect(Item).toMatchObject({ box: 'box-d', gate: { ...DELAY, version: expect.any(String) } });
  expect(await boxes.get('box-d')).toEqual({ ...NOTHING, openingDelay: DELAY });

  await boxes.changeOpeningDelay('box-d', () => null);
  expect(await boxes.get('box-d')).toEqual(NOTHING);
});

test('an invalid opening delay is replaced', async () => {
  await dynamo.documents.send(new PutCommand({ TableName: 'boxes', Item: { box: 'box-e', gate: 'late' } }));

  expect(await boxes.changeOpeningDelay('box-e', (known) => (known ? undefined : DELAY))).toBe(true);
  expect(await boxes.get('box-e')).toEqual({ ...NOTHING, openingDelay: DELAY });
});

test('members who learn of an opening delay at the same time do not overwrite each other', async () => {
  const learn = () =>
    boxes.changeOpeningDelay('box-f', (known) => ({
      ...(known ?? DELAY),
      admittedOpenings: (known?.admittedOpenings ?? 0) + 1,
    }));

  const learned = await Promise.all([learn(), learn(), learn()]);

  expect(learned).toEqual([true, true, true]);
  expect((await boxes.get('box-f')).openingDelay?.admittedOpenings).toBe(3);
});

test('an opening delay that others learned first is not overwritten, and nothing is written if it needs no change', async () => {
  await boxes.changeOpeningDelay('box-g', () => DELAY);
  const { Item: before } = await dynamo.documents.send(new GetCommand({ TableName: 'boxes', Key: { box: 'box-g' } }));

  expect(await boxes.changeOpeningDelay('box-g', () => undefined)).toBe(true);

  const { Item } = await dynamo.documents.send(new GetCommand({ TableName: 'boxes', Key: { box: 'box-g' } }));
  expect(Item).toEqual(before);
});

test.each([{ daysBefore: 61 }, { daysBefore: -1 }, { hoursBefore: 0 }, { hoursBefore: 1_441 }, { daysBefore: 1.5 }])(
  'a rule out of range (%j) is not learned',
  async (rule) => {
    await expect(boxes.learnLongestRule('box-b', rule as OpeningRule)).rejects.toThrow();

    expect(await boxes.get('box-b')).toEqual(NOTHING);
  },
);

test.each([
  [
    { openingRule: { daysBefore: 999 }, gate: STORED_DELAY },
    { longestRule: null, openingDelay: DELAY },
  ],
  [{ openingRule: 'soon' }, NOTHING],
  [{ openingRule: null }, NOTHING],
  [
    { openingRule: { daysBefore: 4 }, gate: 'late' },
    { longestRule: { daysBefore: 4 }, openingDelay: null },
  ],
])('of the item %j, the attributes that are valid are read', async (stored, known) => {
  await dynamo.documents.send(new PutCommand({ TableName: 'boxes', Item: { box: 'box-c', ...stored } }));

  expect(await boxes.get('box-c')).toEqual(known);
});
