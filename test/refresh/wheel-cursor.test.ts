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

test('a claimed minute is unfinished from its claim until it is finished', async () => {
  await cursor.claim(7, 7.5 * MINUTE);
  await cursor.claim(8, 9 * MINUTE);

  expect((await cursor.read()).unfinished).toEqual(
    new Map([
      [7, 7.5 * MINUTE],
      [8, 9 * MINUTE],
    ]),
  );
  await cursor.finish(7, 7, undefined);
  expect(await cursor.read()).toMatchObject({ handled: 8, unfinished: new Map([[8, 9 * MINUTE]]) });
});

test('a slot’s resume point is kept until one of its runs reaches the end', async () => {
  const place = { partition: 3, after: { email: 'ada@example.com', fingerprint: 'phone-12345' } };
  await cursor.claim(3);
  await cursor.finish(3, 3, place);

  expect((await cursor.read()).resumePointOf(3)).toEqual(place);
  expect((await cursor.read()).resumePointOf(4)).toBeUndefined();
  await cursor.finish(11, 3, undefined);
  expect((await cursor.read()).resumePointOf(3)).toBeUndefined();
});

test('a minute is taken over once, by one run', async () => {
  await cursor.claim(7);
  forgetful.loseNext();

  expect(await cursor.takeOver(7)).toBe(true);
  expect(await cursor.takeOver(7)).toBe(false);
  expect((await cursor.read()).unfinished).toEqual(new Map());
});

test.each([
  ['no resume point', undefined],
  ['a resume point', { partition: 3 }],
])('a minute that is finished with %s after the cursor was deleted does not bring it back', async (_name, left) => {
  await cursor.claim(3);
  await deleted();

  await cursor.finish(3, 3, left);
  await cursor.forget([3]);

  expect(await item()).toBeUndefined();
});

test('a cursor without its minute starts again', async () => {
  await put({ left5: { partition: 5 } });

  expect(await cursor.read()).toMatchObject({ handled: undefined, unfinished: new Map() });
  expect(await cursor.claim(9)).toBe(true);
});

test('the cursor is set back once, and forgets all claims that were read', async () => {
  await put({ minute: 900, claimed900: 900 * MINUTE, claimed899: 899 * MINUTE });
  const seen = await cursor.read();

  await cursor.setBack(seen, 92);
  expect(await cursor.read()).toMatchObject({ handled: 92, unfinished: new Map() });
  await cursor.claim(93, 100 * MINUTE);
  await cursor.setBack(seen, 92);
  expect(await cursor.read()).toMatchObject({ handled: 93, unfinished: new Map([[93, 100 * MINUTE]]) });
});
