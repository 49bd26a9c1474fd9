import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  InternalServerException,
  ResourceNotFoundException,
  SchedulerClient,
  ThrottlingException,
} from '@aws-sdk/client-scheduler';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { createStartFunction } from '../../lib/platform/start-function.ts';
import { firingStarter, preparationStarter } from '../../lib/prebookings/function-starter.ts';
import { computeWakeUp, type Pending, type Prebooking } from '../../lib/prebookings/prebooking.ts';
import { wakeUps } from '../../lib/prebookings/wake-ups.ts';

const NOW = Date.UTC(2026, 2, 27, 19, 0);
const TARGET = { group: 'group', roleArn: 'role', prepareArn: 'prepare', deadLetterArn: 'queue' };

const scheduler = mockClient(SchedulerClient);
const lambda = mockClient(LambdaClient);
beforeEach(() => {
  scheduler.reset();
  lambda.reset();
});
// The next test file of this process calls the clients themselves.
afterAll(() => {
  scheduler.restore();
  lambda.restore();
});
const starter = {
  ...preparationStarter(createStartFunction(new LambdaClient({}), 'prepare')),
  ...firingStarter(createStartFunction(new LambdaClient({}), 'fire')),
};
const made = wakeUps({ scheduler: new SchedulerClient({}), starter, target: TARGET });

const pendingIn = (millis: number): Pending => ({
  ...{ email: 'ada@example.com', id: 'a'.repeat(32), generation: NOW, status: 'pending', armed: false, lease: null },
  ...{ box: 'crossfit-demo', boxId: '1', day: '2026-03-28', classId: '7', familyId: null, whenFull: null },
  ...{ routineId: null, className: 'WOD', classTime: '18:00', classStartsAt: NOW + 24 * 60 * MINUTE },
  ...{ opensAt: NOW + millis, wakesAt: computeWakeUp(NOW + millis), createdAt: NOW },
});
const later = pendingIn(10 * MINUTE);
const soon = pendingIn(14 * SECOND);
const answer = { $metadata: {}, Message: 'as AWS says', message: 'as AWS says' };

test('a schedule runs once, in UTC, deletes itself afterwards, and names the preparation to start', async () => {
  expect(await made.arm(later, NOW)).toBe(true);

  expect(scheduler.commandCalls(CreateScheduleCommand).map(({ args }) => args[0].input)).toEqual([
    expect.objectContaining({
      ...{ Name: `${later.id}-${NOW}`, GroupName: 'group', ClientToken: `${later.id}-${NOW}-${NOW}` },
      ...{ ScheduleExpression: 'at(2026-03-27T19:08:00)', ScheduleExpressionTimezone: 'UTC' },
      ...{ FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'DELETE' },
      Target: expect.objectContaining({
        ...{ Arn: 'prepare', RoleArn: 'role', DeadLetterConfig: { Arn: 'queue' } },
        Input: JSON.stringify({ email: later.email, id: later.id, order: NOW }),
      }),
    }),
  ]);
  expect(lambda.calls()).toHaveLength(0);
});

test('a schedule that exists already counts as set, because the answer to an earlier request may have been lost', async () => {
  scheduler.on(CreateScheduleCommand).rejects(new ConflictException(answer));

  await expect(made.arm(later, NOW)).resolves.toBe(false);
});

test.each([new ThrottlingException(answer), new InternalServerException(answer)])(
  'arming throws when the Scheduler answers %s',
  async (failure) => {
    scheduler.on(CreateScheduleCommand).rejects(failure);

    await expect(made.arm(later, NOW)).rejects.toBe(failure);
  },
);

const started = () =>
  lambda.commandCalls(InvokeCommand).map(({ args: [{ input }] }) => ({
    name: input.FunctionName,
    type: input.InvocationType,
    event: JSON.parse(new TextDecoder().decode(z.instanceof(Uint8Array).parse(input.Payload))),
  }));
const wakeUpFor = ({ email, id, generation }: Prebooking) => ({ email, id, order: generation });

test.for([100, 30])(
  'when the opening is too near for a schedule, %i s ahead, the preparation is started at once, asynchronously',
  async (seconds) => {
    const near = pendingIn(seconds * SECOND);

    expect(await made.arm(near, NOW)).toBe(true);

    expect(started()).toEqual([{ name: 'prepare', type: 'Event', event: wakeUpFor(near) }]);
    expect(scheduler.calls()).toHaveLength(0);
  },
);

test('when the opening is too near for a guard, the firing is started at once', async () => {
  expect(await made.arm(soon, NOW)).toBe(true);

  expect(started()).toEqual([{ name: 'fire', type: 'Event', event: { firings: [wakeUpFor(soon)] } }]);
});

test('a pre-booking whose shot may have left is fired again, and not prepared', async () => {
  await made.start({ ...later, status: 'firing', lease: { id: 'dead', expiresAt: NOW }, shots: 1 }, NOW);

  expect(started()).toEqual([{ name: 'fire', type: 'Event', event: { firings: [wakeUpFor(later)] } }]);
});

test('arming throws when Lambda throttles the start', async () => {
  const failure = new TooManyRequestsException({ $metadata: {}, message: 'no room' });
  lambda.on(InvokeCommand).rejects(failure);

  await expect(made.arm(soon, NOW)).rejects.toBe(failure);
});

test('a schedule that no longer exists counts as deleted', async () => {
  scheduler.on(DeleteScheduleCommand).rejects(new ResourceNotFoundException(answer));

  await expect(made.disarm(later)).resolves.toBeUndefined();
});

test('disarming throws when the schedule could not be deleted', async () => {
  const failure = new ThrottlingException(answer);
  scheduler.on(DeleteScheduleCommand).rejects(failure);

  await expect(made.disarm(later)).rejects.toBe(failure);
});
