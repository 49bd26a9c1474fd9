import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  InternalServerException,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { afterEach, expect, test } from 'vitest';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { type Scheduler, type SchedulerOptions, startScheduler } from '../../../infra/local/scheduler.ts';
import { HOUR } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

type Delivery = { readonly arn: string; readonly input: string; readonly at: number };

type Options = Pick<SchedulerOptions, 'path' | 'clock'> & { readonly accept?: () => Promise<void> };

async function scheduler(options: Options = {}) {
  const delivered: Delivery[] = [];
  let wake: () => void = () => undefined;
  const { accept = async () => undefined, ...rest } = options;
  const server: Scheduler = await startScheduler({
    maxLatenessMs: 0,
    ...rest,
    async deliver(arn, input) {
      delivered.push({ arn, input, at: systemClock.now() });
      wake();
      await accept();
    },
  });
  open.push(server.stop);
  const client = new SchedulerClient({
    endpoint: server.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  const delivery = async (count: number) => {
    while (delivered.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { server, client, delivered, delivery };
}

const at = (millis: number) => `at(${new Date(systemClock.now() + millis).toISOString().slice(0, 19)})`;
const schedule = (changes: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput => ({
  Name: 'a-1',
  GroupName: 'prebookings',
  ClientToken: 'a-1',
  ScheduleExpression: at(3_600_000),
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  Target: { Arn: 'arn:aws:lambda:eu-west-1:0:function:f', RoleArn: 'arn:aws:iam::0:role/r', Input: '{"id":"a"}' },
  ...changes,
});

const target = schedule().Target;

test.each<[string, Partial<CreateScheduleCommandInput>]>([
  ['an e-mail as its name', { Name: 'ada@example.com' }],
  ['a name of 65 characters', { Name: 'x'.repeat(65) }],
  ['an expression with milliseconds', { ScheduleExpression: 'at(2099-01-01T00:00:00.000)' }],
  ['an expression with a zone', { ScheduleExpression: 'at(2099-01-01T00:00:00Z)' }],
  ['a day that does not exist', { ScheduleExpression: 'at(2099-13-01T00:00:00)' }],
  ['a day its month does not have', { ScheduleExpression: 'at(2099-02-30T00:00:00)' }],
  ['an hour the day does not have', { ScheduleExpression: 'at(2099-01-01T24:00:00)' }],
  ['a time that has passed', { ScheduleExpression: 'at(2020-01-01T00:00:00)' }],
  ['a target without a role', { Target: { Arn: target?.Arn, RoleArn: undefined } }],
  ['a target that is no ARN', { Target: { Arn: 'fire-prebooking', RoleArn: target?.RoleArn } }],
  [
    'too many retries',
    { Target: { Arn: target?.Arn, RoleArn: target?.RoleArn, RetryPolicy: { MaximumRetryAttempts: 186 } } },
  ],
  [
    'an event age under a minute',
    { Target: { Arn: target?.Arn, RoleArn: target?.RoleArn, RetryPolicy: { MaximumEventAgeInSeconds: 59 } } },
  ],
])('a schedule with %s is refused as AWS refuses it', async (_name, changes) => {
  const { client, server } = await scheduler();

  await expect(client.send(new CreateScheduleCommand(schedule(changes)))).rejects.toBeInstanceOf(ValidationException);
  expect(server.names('prebookings', '')).toEqual([]);
});

test('a repeated request creates one schedule; another request with that name is a conflict', async () => {
  const { client, server } = await scheduler();
  await client.send(new CreateScheduleCommand(schedule()));

  await client.send(new CreateScheduleCommand(schedule()));
  await expect(client.send(new CreateScheduleCommand(schedule({ ClientToken: 'other' })))).rejects.toBeInstanceOf(
    ConflictException,
  );

  expect(server.names('prebookings', 'a-')).toEqual(['a-1']);
});

test('a schedule can be read and deleted, once', async () => {
  const { client } = await scheduler();
  await client.send(new CreateScheduleCommand(schedule()));
  const key = { Name: 'a-1', GroupName: 'prebookings' };
  expect(await client.send(new GetScheduleCommand(key))).toMatchObject({ Name: 'a-1', GroupName: 'prebookings' });

  await client.send(new DeleteScheduleCommand(key));

  await expect(client.send(new GetScheduleCommand(key))).rejects.toBeInstanceOf(ResourceNotFoundException);
  await expect(client.send(new DeleteScheduleCommand(key))).rejects.toBeInstanceOf(ResourceNotFoundException);
});

test('a wake-up is delivered once, not before its time, and then deleted', async () => {
  const { client, server, delivered, delivery } = await scheduler();
  // Far enough ahead that it has not passed when a busy machine handles the request.
  const expression = at(6_000);
  await client.send(new CreateScheduleCommand(schedule({ ScheduleExpression: expression })));

  await delivery(1);

  expect(delivered).toMatchObject([{ arn: target?.Arn, input: '{"id":"a"}' }]);
  expect(delivered[0]?.at).toBeGreaterThanOrEqual(Date.parse(`${expression.slice(3, -1)}Z`));
  await expect.poll(() => server.names('prebookings', '')).toEqual([]);
  expect(delivered).toHaveLength(1);
});

test('a wake-up that was not accepted before the scheduler stopped comes again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-scheduler-'));
  open.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'schedules.sqlite');
  const clock = createMovableClock();
  const first = await scheduler({ path, clock, accept: () => new Promise(() => undefined) });
  await first.client.send(new CreateScheduleCommand(schedule({ ScheduleExpression: at(HOUR) })));
  clock.moveTo(clock.now() + HOUR);
  first.server.setTimer();
  await first.delivery(1);
  first.server.stop();
  open.splice(open.indexOf(first.server.stop), 1);

  const second = await scheduler({ path, clock });
  await second.delivery(1);

  expect([first.delivered.length, second.delivered.length]).toEqual([1, 1]);
  await expect.poll(() => second.server.names('prebookings', '')).toEqual([]);
});

test('a schedule that is created under the name of one that is being delivered is delivered too', async () => {
  const clock = createMovableClock();
  const accepted = Promise.withResolvers<void>();
  const { client, server, delivered, delivery } = await scheduler({ clock, accept: () => accepted.promise });
  await client.send(new CreateScheduleCommand(schedule({ ScheduleExpression: at(HOUR) })));
  clock.moveTo(clock.now() + HOUR);
  server.setTimer();
  await delivery(1);
  await client.send(new DeleteScheduleCommand({ Name: 'a-1', GroupName: 'prebookings' }));
  await client.send(new CreateScheduleCommand(schedule({ ScheduleExpression: at(3 * HOUR), ClientToken: 'second' })));
  accepted.resolve();
  await expect.poll(() => server.names('prebookings', '')).toEqual(['a-1']);

  clock.moveTo(clock.now() + 3 * HOUR);
  server.setTimer();
  await delivery(2);

  await expect.poll(() => server.names('prebookings', '')).toEqual([]);
  expect(delivered).toHaveLength(2);
});

test('a scheduler that refuses creates no schedule', async () => {
  const { client, server } = await scheduler();
  server.refuse(true);
  await expect(client.send(new CreateScheduleCommand(schedule()))).rejects.toBeInstanceOf(InternalServerException);
  server.refuse(false);

  await client.send(new CreateScheduleCommand(schedule()));

  expect(server.names('prebookings', '')).toEqual(['a-1']);
});

test('the schedules of a group are listed by the start of their names', async () => {
  const { client } = await scheduler();
  for (const Name of ['a-1', 'a-2', 'b-1'])
    await client.send(new CreateScheduleCommand(schedule({ Name, ClientToken: Name })));

  const { Schedules } = await client.send(new ListSchedulesCommand({ GroupName: 'prebookings', NamePrefix: 'a-' }));

  expect(Schedules?.map(({ Name }) => Name)).toEqual(['a-1', 'a-2']);
});

test.each([
  ['a body that is no JSON', { method: 'POST', body: '{' }, 400, 'SerializationException'],
  ['an operation it does not have', { method: 'PUT', body: '{}' }, 404, 'UnknownOperationException'],
])('%s is refused', async (_name, init, status, type) => {
  const { server } = await scheduler();

  const response = await fetch(`${server.endpoint}/schedules/a-1`, init);

  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
});

test('a wake-up that was due while the scheduler was down is delivered once at the next start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-scheduler-'));
  open.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'schedules.sqlite');
  const clock = createMovableClock();
  const first = await scheduler({ path, clock });
  await first.client.send(new CreateScheduleCommand(schedule({ ScheduleExpression: at(HOUR) })));
  first.server.stop();
  open.splice(open.indexOf(first.server.stop), 1);
  clock.moveTo(clock.now() + HOUR);

  const second = await scheduler({ path, clock });
  await second.delivery(1);

  expect(first.delivered).toEqual([]);
  expect(second.delivered).toHaveLength(1);
  await expect.poll(() => second.server.names('prebookings', '')).toEqual([]);
});
