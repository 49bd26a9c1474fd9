import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { expect, onTestFinished, test } from 'vitest';
import { startLambda } from '../../../infra/local/lambda.ts';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { startScheduler } from '../../../infra/local/scheduler.ts';
import { HOUR, MINUTE } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

/** What a function reads of the time: the wall clock, the monotonic one, and its own deadline. */
const READS_CLOCKS = `exports.handler = async (event, context) => ({
  wall: Date.now(),
  monotonic: performance.timeOrigin + performance.now(),
  left: context.getRemainingTimeInMillis(),
});`;

type Read = { readonly wall: number; readonly monotonic: number; readonly left: number };

async function clockReader(clock = createMovableClock()) {
  const bundles = mkdtempSync(join(tmpdir(), 'on-the-dot-clock-'));
  mkdirSync(join(bundles, 'reader'));
  writeFileSync(join(bundles, 'reader', 'index.cjs'), READS_CLOCKS);
  const lambda = await startLambda({
    bundles,
    environmentOf: () => ({}),
    log: () => undefined,
    timeoutSecondsOf: () => 800,
    clock,
  });
  onTestFinished(async () => {
    await lambda.stop();
    rmSync(bundles, { recursive: true });
  });
  return { clock, read: async () => (await lambda.invoke('reader', {})).payload as Read };
}

test('a loaded function reads the moved clocks, and keeps its full time limit', async () => {
  const { clock, read } = await clockReader();
  const before = await read();

  clock.moveTo(before.wall + 6 * MINUTE);
  const after = await read();

  expect(after.wall).toBeGreaterThanOrEqual(before.wall + 6 * MINUTE);
  expect(after.monotonic - before.monotonic).toBeGreaterThan(5 * MINUTE);
  expect(after.left).toBeGreaterThan(700_000);
});

test('a function that is loaded after the move reads them too', async () => {
  const { clock, read } = await clockReader();

  clock.moveTo(systemClock.now() + HOUR);

  expect((await read()).wall).toBeGreaterThan(systemClock.now() + 59 * MINUTE);
});

test('the clock never goes back', () => {
  const clock = createMovableClock();
  clock.moveTo(systemClock.now() + HOUR);

  clock.moveTo(systemClock.now());

  expect(clock.now()).toBeGreaterThanOrEqual(systemClock.now() + 59 * MINUTE);
});

test('stopped clocks stand still in every thread, and run on from there', async () => {
  const { clock, read } = await clockReader();
  clock.moveTo(systemClock.now() + HOUR);
  clock.stop();
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  const controller = new AbortController();
  let hasCome = false;
  const wait = clock.until(monotonic + 5, controller.signal).then(() => {
    hasCome = true;
  });
  await systemClock.until(systemClock.monotonic() + 20, controller.signal);

  const stopped = await read();
  expect([clock.now(), clock.monotonic()]).toEqual([wall, monotonic]);
  expect(stopped.wall).toBe(wall);
  expect(stopped.monotonic).toBeCloseTo(monotonic, 3);
  expect(hasCome).toBe(false);

  clock.run();
  await wait;
  expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + 5);
  expect(clock.now()).toBeGreaterThanOrEqual(wall);
  expect((await read()).wall).toBeGreaterThanOrEqual(wall);
});

test('a wake-up that has become due is delivered', async () => {
  const clock = createMovableClock();
  const dueAt = Math.ceil(clock.now() / 1_000) * 1_000 + HOUR;
  let deliver: (input: string) => void = () => undefined;
  const delivered = new Promise<string>((resolve) => {
    deliver = resolve;
  });
  const scheduler = await startScheduler({ maxLatenessMs: 0, clock, deliver: async (_arn, input) => deliver(input) });
  onTestFinished(scheduler.stop);
  const client = new SchedulerClient({
    endpoint: scheduler.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await client.send(
    new CreateScheduleCommand({
      Name: 'a-1',
      ScheduleExpression: `at(${new Date(dueAt).toISOString().slice(0, 19)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:aws:lambda:eu-west-1:0:function:f', RoleArn: 'arn:aws:iam::0:role/r', Input: '{"id":"a"}' },
    }),
  );

  clock.moveTo(dueAt);
  scheduler.setTimer();

  expect(await delivered).toBe('{"id":"a"}');
});

test('clocks that are not stopped run on as they do', () => {
  const clock = createMovableClock();
  clock.moveTo(systemClock.now() + HOUR);

  clock.run();

  expect(clock.now()).toBeGreaterThanOrEqual(systemClock.now() + 59 * MINUTE);
  expect(clock.monotonic()).toBeGreaterThanOrEqual(systemClock.monotonic() + 59 * MINUTE);
});

test('stopped clocks can be moved, and run on from there', () => {
  const clock = createMovableClock();
  clock.stop();
  const [wall, monotonic] = [clock.now(), clock.monotonic()];

  clock.moveTo(wall + HOUR);
  expect([clock.now(), clock.monotonic()]).toEqual([wall + HOUR, monotonic + HOUR]);

  clock.run();
  expect(clock.now()).toBeGreaterThanOrEqual(wall + HOUR);
  expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + HOUR);
});

test('a wait that has almost come when the clocks are stopped lets everything else go on', async () => {
  const clock = createMovableClock();
  const { signal } = new AbortController();
  clock.stop();
  const wait = clock.until(clock.monotonic() + 0.3, signal);

  await systemClock.until(systemClock.monotonic() + 10, signal);

  clock.run();
  await wait;
});
