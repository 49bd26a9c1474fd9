import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { divideSlot } from '../../lib/refresh/slot-parts.ts';
import { slotAt } from '../../lib/refresh/timing-wheel.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { assertProperty } from '../support/property.ts';
import { type Step, WheelModel, type WheelModelOptions } from '../support/refresh/wheel-model.ts';
import { shareOf } from '../support/share.ts';

/* A slot that is too large for one run: the minute's run starts others, its workers. */

const ROUND = 8;

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());
beforeEach(forgetCursor);

const CURSOR = { TableName: 'sessions', Key: { email: '#refresh', fingerprint: 'cursor' } };

async function forgetCursor(): Promise<void> {
  await database.documents.send(new DeleteCommand(CURSOR));
}

const readCursor = async () => (await database.documents.send(new GetCommand(CURSOR))).Item;

/** Twelve sessions in each partition, so that a slot has 192. A run refreshes 60 of them alone. */
const modelOf = (options: Partial<WheelModelOptions> = {}) =>
  new WheelModel({ documents: database.documents, sessions: 12 * 128, concurrency: 1, ...options });

/** Creates a model that knows the work in its partitions, which the first round records, and has refreshed every session. */
async function knownModel(options: Partial<WheelModelOptions> = {}) {
  const model = modelOf(options);
  await model.runMinutes(3 * ROUND);
  model.forgetFigures();
  return model;
}

/** A slot of 32 sessions, which needs four runs. */
const SMALL = { sessions: 2 * 128, maxWorkOfRun: 8 };

describe('dividing a slot', () => {
  const wheel = { slots: 8, shards: 16 };
  const last = 15;

  test.each([
    ['an empty slot is one part', () => 0, [{ first: 0, last }]],
    ['a slot that one run can do is one part', () => 6, [{ first: 0, last }]],
    [
      'parts are as large as one run can do',
      () => 20,
      [0, 5, 10].map((first) => ({ first, last: first + 4 })).concat({ first: 15, last }),
    ],
    [
      'a partition is not divided',
      (partition: number) => (partition === 3 ? 500 : 1),
      [
        { first: 0, last: 0 },
        { first: 1, last },
      ],
    ],
  ])('%s', (_name, sizeOf, parts) => {
    expect(divideSlot(3, wheel, sizeOf, 100)).toEqual(parts);
  });
});

test('a small installation starts no worker, and writes twice a minute', async () => {
  const writes: string[] = [];
  const model = modelOf({ sessions: 300, dies: ({ what }) => void writes.push(what) });
  await model.runMinutes(2 * ROUND);

  expect(model.refreshes).toBe(600);
  expect(model.workers).toBe(0);
  expect(writes.toSorted()).toEqual([...Array(16).fill('claim'), ...Array(16).fill('finish')]);
});

test('where a partition is little work, none is recorded: the cursor, which is written twice a minute, stays small', async () => {
  const model = modelOf({ sessions: 128 });
  await model.runMinutes(ROUND);

  expect(model.refreshes).toBe(128);
  expect(Object.keys((await readCursor()) ?? {}).toSorted()).toEqual(['email', 'fingerprint', 'minute']);
});

test('each session of a large installation is refreshed once a round, by one run at a time', async () => {
  const model = await knownModel();
  await model.runMinutes(3 * ROUND);

  expect(model.longestGap).toBeLessThan(10 * MINUTE);
  expect(model.shortestGap).toBeGreaterThan(6 * MINUTE);
  expect(model.doubled).toBe(0);
  expect(model.workers).toBeGreaterThan(3 * ROUND);
});

test('the first round, which does not know how much work there is, leaves sessions to the second', async () => {
  const model = modelOf();
  await model.runMinutes(ROUND);
  expect(model.notRefreshedSince(model.start + 1)).toBeGreaterThan(0);
  await model.runMinutes(ROUND + 2);

  expect(model.notRefreshedSince(model.start + 1)).toBe(0);
});

test('if AimHarder answers slowly, the slots are divided further, and no session is left over', async () => {
  const model = modelOf({ sessions: 3 * 128, answerMs: 4 * SECOND });
  await model.runMinutes(3 * ROUND);
  model.forgetFigures();
  await model.runMinutes(3 * ROUND);

  expect(model.longestGap).toBeLessThan(10 * MINUTE);
  expect(model.shortestGap).toBeGreaterThan(6 * MINUTE);
});

test('a worker that Lambda starts twice refreshes its part once', async () => {
  const model = await knownModel({ deliveries: 2 });
  await model.runMinutes(2 * ROUND);

  expect(model.shortestGap).toBeGreaterThan(6 * MINUTE);
  expect(model.longestGap).toBeLessThan(10 * MINUTE);
  expect(model.doubled).toBe(0);
});

test.each([
  ['does the parts itself, as far as it has time', SMALL, 10],
  ['leaves parts that it has no time for to later runs, which take them over', {}, 20],
])('a run whose workers Lambda refuses to start %s', async (_what, size, minutes) => {
  const refused = { from: Number.POSITIVE_INFINITY };
  const model = await knownModel({ ...size, refuses: (minute) => minute >= refused.from && minute < refused.from + 2 });
  const from = model.clock.now();
  refused.from = from / MINUTE;
  await model.runMinutes(2 * ROUND);

  expect(model.notRefreshedSince(from)).toBe(0);
  expect(model.longestGap).toBeLessThan(minutes * MINUTE);
});

test('a missed minute is made up in the next one, with workers for both', async () => {
  const model = await knownModel();
  await model.runMinutes(2 * ROUND, [3]);

  expect(model.longestGap).toBeLessThan(11 * MINUTE);
  expect(model.shortestGap).toBeGreaterThan(5 * MINUTE);
});

test('a missed minute is made up also if a run does one of the two slots alone, but not both', async () => {
  // A slot has 192 s of work.
  const model = await knownModel({ concurrency: 5, maxWorkOfRun: 300 });
  await model.runMinutes(2 * ROUND, [3, 6, 7]);

  expect(model.workers).toBeGreaterThan(0);
  expect(model.longestGap).toBeLessThan(11 * MINUTE);
  expect(model.shortestGap).toBeGreaterThan(5 * MINUTE);
});

test('whatever step a run dies at, before it or after it, its slot’s sessions are refreshed within six minutes', async () => {
  const known = await knownModel(SMALL);
  const cursor = await readCursor();
  const start = known.clock.now();
  /** Runs the minutes in which a dead run is noticed. The runs of the first minute take steps, which are listed. */
  async function runRound(dies: (nth: number) => 'before' | 'after' | undefined) {
    await database.documents.send(new PutCommand({ TableName: 'sessions', Item: cursor }));
    const steps: Step[] = [];
    const ofFirstMinute = ({ minute }: Step) => minute === start / MINUTE;
    const model = modelOf({
      ...SMALL,
      start,
      dies: (step) => (ofFirstMinute(step) ? dies(steps.push(step) - 1) : undefined),
    });
    await model.runMinutes(6);
    return { model, steps };
  }

  const { steps } = await runRound(() => undefined);
  expect(steps.map(({ what }) => what)).toEqual(expect.arrayContaining(['claim', 'startWorker', 'begin', 'finish']));
  const cells = [...steps.keys()].flatMap((nth) => (['before', 'after'] as const).map((moment) => ({ nth, moment })));
  for (const { nth, moment } of shareOf(cells)) {
    const { model } = await runRound((step) => (step === nth ? moment : undefined));

    const what = `${moment} step ${nth} (${steps[nth]?.run}: ${steps[nth]?.what})`;
    expect(model.deaths, what).toBe(1);
    expect(model.doubled, what).toBe(0);
    expect(model.notRefreshedSince(start + 1, slotAt(start / MINUTE, { slots: ROUND, shards: 16 })), what).toBe(0);
  }
});

test('with workers that die at any refresh and a missed minute, no session is forgotten', async () => {
  const deaths = fc.infiniteStream(fc.noBias(fc.integer({ min: 1, max: 1_000 })));
  await assertProperty(
    fc.asyncProperty(deaths, async (death) => {
      await forgetCursor();
      const model = await knownModel({ diesAtRefresh: () => death.next().value <= 2 });
      await model.runMinutes(6 * ROUND, [5]);

      expect(model.doubled).toBe(0);
      expect(model.notRefreshedSince(model.clock.now() - 20 * MINUTE)).toBe(0);
    }),
    { numRuns: 3 },
  );
});
