import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MINUTE } from '../../lib/platform/clock.ts';
import { WheelCursor } from '../../lib/refresh/wheel-cursor.ts';
import { forgetfulDocuments, startDynamo } from '../support/platform/dynamo.ts';

/* What the cursor keeps of the wheel, against the real engine. */

let database: Awaited<ReturnType<typeof startDynamo>>;
let forgetful: ReturnType<typeof forgetfulDocuments>;
let cursor: WheelCursor;
beforeAll(async () => {
  database = await startDynamo();
  forgetful = forgetfulDocuments(database.endpoint);
  cursor = new WheelCursor({ documents: forgetful.documents, table: 'sessions' });
});
afterAll(() => database.stop());

const KEY = { TableName: 'sessions', Key: { email: '#refresh', fingerprint: 'cursor' } };
const deleted = () => database.documents.send(new DeleteCommand(KEY));
const put = (attributes: object) =>
  database.documents.send(new PutCommand({ TableName: 'sessions', Item: { ...KEY.Key, ...attributes } }));
const item = async () => (await database.documents.send(new GetCommand({ ...KEY, ConsistentRead: true }))).Item;
beforeEach(deleted);

const WHOLE = [{ first: 0, last: 15 }];
const PARTITIONS = [3, 11, 19];
const reached = { partitions: PARTITIONS, resumeAt: undefined, work: new Map() };
const openMinutes = async () => (await cursor.read()).open.map(({ minute, at }) => [minute, at]);

/** Claims a minute's whole slot. */
async function claimed(minute: number, at = minute * MINUTE) {
  const [claim] = (await cursor.claim(minute, WHOLE, at)) ?? [];
  if (!claim) throw new Error('the minute was not claimed');
  return claim;
}

test('a claimed minute is open from its claim until it is finished', async () => {
  const seven = await claimed(7, 7.5 * MINUTE);
  await claimed(8, 9 * MINUTE);

  expect(await openMinutes()).toEqual([
    [7, 7.5 * MINUTE],
    [8, 9 * MINUTE],
  ]);
  await cursor.finish(seven, reached);
  expect(await openMinutes()).toEqual([[8, 9 * MINUTE]]);
  expect(await cursor.read()).toMatchObject({ handled: 8 });
});

test('the parts of a minute are claimed together, and finished one by one', async () => {
  const parts = [
    { first: 0, last: 3 },
    { first: 4, last: 15 },
  ];
  const [first, second] = (await cursor.claim(7, parts, 7 * MINUTE)) ?? [];
  if (!first || !second) throw new Error('not claimed');

  expect((await cursor.read()).open).toMatchObject([{ part: parts[0] }, { part: parts[1] }]);
  expect(await cursor.claim(7, parts, 7 * MINUTE)).toBeUndefined();
  await cursor.finish(first, reached);
  expect((await cursor.read()).open).toMatchObject([{ minute: 7, part: parts[1], id: second.id }]);
});

test('a part is begun once, even if its answer is lost', async () => {
  const claim = await claimed(7);
  forgetful.loseNext();

  expect(await cursor.begin(claim, 8 * MINUTE)).toBe(true);
  expect(await cursor.begin(claim, 8 * MINUTE)).toBe(false);
  expect(await openMinutes()).toEqual([[7, 8 * MINUTE]]);
});

test('a part that was taken over is not begun by its first worker', async () => {
  const claim = await claimed(7);
  const [abandoned] = (await cursor.read()).open;
  if (!abandoned) throw new Error('nothing is open');
  await cursor.takeOver(abandoned, 10 * MINUTE);

  expect(await cursor.begin(claim, 11 * MINUTE)).toBe(false);
});

test('a resume point and the work of partitions are kept until a run reaches the end of its part', async () => {
  const resumeAt = { partition: 11, after: { email: 'ada@example.com', fingerprint: 'phone-12345' } };
  await cursor.finish(await claimed(3), { partitions: PARTITIONS, resumeAt, work: new Map([[19, 700]]) });

  const state = await cursor.read();
  expect(state.resumePointIn(PARTITIONS)).toEqual(resumeAt);
  expect(state.resumePointIn([3, 19])).toBeUndefined();
  expect([3, 19].map(state.workIn)).toEqual([0, 700]);
  await cursor.finish(await claimed(11), reached);
  expect((await cursor.read()).resumePointIn(PARTITIONS)).toBeUndefined();
  expect((await cursor.read()).workIn(19)).toBe(0);
});

test('a part is taken over once, by one run', async () => {
  await claimed(7);
  const [abandoned] = (await cursor.read()).open;
  if (!abandoned) throw new Error('nothing is open');
  forgetful.loseNext();

  expect(await cursor.takeOver(abandoned, 10 * MINUTE)).toMatchObject({ minute: 7, part: WHOLE[0] });
  expect(await cursor.takeOver(abandoned, 10 * MINUTE)).toBeUndefined();
  expect((await cursor.read()).open).toMatchObject([{ minute: 7, at: 10 * MINUTE, isTakenOver: true }]);
});

test.each([
  ['no resume point', undefined],
  ['a resume point', { partition: 3 }],
])('a part that is finished with %s after the cursor was deleted does not bring it back', async (_name, resumeAt) => {
  const claim = await claimed(3);
  await deleted();

  await cursor.finish(claim, { ...reached, resumeAt });
  await cursor.forget([claim]);

  expect(await item()).toBeUndefined();
});

test('a cursor without its minute starts again', async () => {
  await put({ left5: {} });

  expect(await cursor.read()).toMatchObject({ handled: undefined, open: [] });
  await claimed(9);
});

test('the cursor is set back once, and forgets all claims that were read', async () => {
  await claimed(899);
  await claimed(900);
  const seen = await cursor.read();

  await cursor.setBack(seen, 92);
  expect(await cursor.read()).toMatchObject({ handled: 92, open: [] });
  await claimed(93, 100 * MINUTE);
  await cursor.setBack(seen, 92);
  expect(await cursor.read()).toMatchObject({ handled: 93, open: [{ minute: 93, at: 100 * MINUTE }] });
});
