import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChannelAdapter, Receiver } from '../../lib/notifications/channel.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { NotifiedMember } from '../support/notifications/delivery-world.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined } from '../support/sessions/session-world.ts';

/* What an error of ours may not do: send a message twice, keep one from its member, or go on for ever. */

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

/** A channel with one receiver, which a test scripts. */
function scripted(channel: 'push' | 'telegram', receiver: Partial<Receiver>): ChannelAdapter {
  const quiet: Receiver = {
    name: undefined,
    send: async () => ({ kind: 'delivered' }),
    recordSuccess: async () => undefined,
    recordFailure: async (_fault, now) => now,
    recordTestFailure: async () => undefined,
    end: async () => true,
  };
  return {
    ...{ channel, triedFor: 7 * DAY, mender: 'member' },
    list: async () => [''],
    open: async () => ({ ...quiet, ...receiver }),
  };
}

const fail = (): never => {
  throw new Error('an error of ours');
};

async function memberWith(adapters: readonly ChannelAdapter[]) {
  const member = new NotifiedMember(dynamo.documents, { adapters });
  await member.set({ email: true });
  return member;
}

async function pass(member: NotifiedMember, millis: number, step = MINUTE) {
  for (let passed = 0; passed < millis; passed += step) {
    member.clock.advance(step);
    await member.retry();
  }
}

const states = async (member: NotifiedMember) =>
  Object.fromEntries((await member.deps.outbox.list(member.email)).map(({ channel, state }) => [channel, state]));

const errors = (member: NotifiedMember, event: string) =>
  member.lines.filter((line) => line.startsWith(`["${event}"`)).length;

test('a receiver that throws leaves the other channels their one message, and is tried later', async () => {
  let tries = 0;
  const throwsOnce = scripted('telegram', {
    send: async () => {
      tries += 1;
      return tries === 1 ? fail() : { kind: 'delivered' };
    },
  });
  const member = await memberWith([throwsOnce]);
  const event = member.event();

  expect(await member.notify(event)).toEqual(['sent', 'failed']);
  expect(await states(member)).toEqual({ email: 'sent', telegram: 'waiting' });
  await member.notify(event);
  await pass(member, 5 * MINUTE);

  expect(await states(member)).toEqual({ email: 'sent', telegram: 'sent' });
  expect([tries, member.mails.length, errors(member, 'unexpected-error')]).toEqual([2, 1, 1]);
});

test('when a message cannot be stored, the others are finished before the event counts as failed', async () => {
  const member = await memberWith([scripted('telegram', {})]);
  const { outbox } = member.deps;
  const add = outbox.add.bind(outbox);
  outbox.add = async (email, eventId, content, now) =>
    content.channel === 'telegram' ? fail() : add(email, eventId, content, now);
  const event = member.event();

  await expect(member.notify(event)).rejects.toThrow('an error of ours');
  expect(await states(member)).toEqual({ email: 'sent' });
  outbox.add = add;
  expect(await member.notify(event)).toEqual(['sent']);

  expect(member.mails).toHaveLength(1);
});

test('a test in which one receiver throws says so, and is complete: nobody has to repeat it', async () => {
  const member = await memberWith([scripted('telegram', { send: async () => fail() })]);

  expect(await member.test()).toEqual({
    sent: ['email'],
    failed: [{ channel: 'telegram', reason: 'unexpected-error' }],
  });
  expect(errors(member, 'unexpected-error')).toBe(1);
});

test('a message that was accepted is not sent again when nothing else can be recorded', async () => {
  let tries = 0;
  const member = await memberWith([
    scripted('telegram', {
      send: async () => {
        tries += 1;
        return { kind: 'delivered' };
      },
      recordSuccess: async () => fail(),
    }),
  ]);

  expect(await member.notify(member.event())).toEqual(['sent', 'sent']);
  await pass(member, 10 * MINUTE);

  expect(await states(member)).toEqual({ email: 'sent', telegram: 'sent' });
  expect(tries).toBe(1);
});

test('a message that cannot be read ends with one error, and keeps no other from its member', async () => {
  const member = await memberWith([]);
  member.mailAnswer = { kind: 'failed', fault: 'TooManyRequestsException', isTransient: true };
  const [unreadable, other] = [member.event(), member.event()];
  for (const event of [unreadable, other]) await member.notify(event);
  const key = { email: member.email, id: `${unreadable.detail.eventId}#email` };
  await dynamo.documents.send(
    new UpdateCommand({
      ...{ TableName: 'messages', Key: key, UpdateExpression: 'SET createdAt = :never' },
      ExpressionAttributeValues: { ':never': 'never' },
    }),
  );
  member.mailAnswer = { kind: 'delivered' };

  await pass(member, DAY, HOUR);

  expect(errors(member, 'message-unreadable')).toBe(1);
  expect(errors(member, 'unexpected-error')).toBe(0);
  expect(member.counted('MessagesSent')).toBe(1);
});

test('a receiver that cannot be read is tried less and less, and its message ends as an error', async () => {
  let tries = 0;
  const unreadable: ChannelAdapter = {
    ...scripted('telegram', {}),
    open: async () => {
      tries += 1;
      return fail();
    },
  };
  const member = await memberWith([unreadable]);
  await member.notify(member.event());

  await pass(member, DAY, 10 * MINUTE);
  expect(tries).toBeLessThan(12);
  await pass(member, 8 * DAY, HOUR);

  expect(await states(member)).toEqual({ email: 'sent', telegram: 'given-up' });
  expect(tries).toBeLessThan(40);
  expect(errors(member, 'message-given-up","unexpected-error')).toBe(1);
});

test('a failed test is shown, and brings the end of a channel no nearer', async () => {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ ntfy: { url: 'https://ntfy.example.com/ada-3f9c' } });
  member.answer = { kind: 'failed', fault: 'status-503', retryAfter: 0 };
  await member.test();
  expect(await member.receiver('ntfy')).toMatchObject({ lastError: 'status-503', failingSince: null });
  member.clock.advance(8 * DAY);

  await member.notify(member.event());
  expect(await member.receiver('ntfy')).toMatchObject({ disabledAt: null, failingSince: member.clock.now() });
  member.answer = { kind: 'delivered' };
  await pass(member, 2 * MINUTE);

  expect(await member.receiver('ntfy')).toMatchObject({ lastError: null, failingSince: null });
  await member.test();
  expect(defined(member.told.at(-1)).kind).toBe('test');
});

test('a message that was accepted is not sent again because it cannot be completed at once', async () => {
  let tries = 0;
  const send = async () => {
    tries += 1;
    return { kind: 'delivered' } as const;
  };
  const member = await memberWith([scripted('telegram', { send })]);
  const { outbox } = member.deps;
  const complete = outbox.complete.bind(outbox);
  let failures = 2;
  outbox.complete = async (...of) => {
    failures -= 1;
    return failures >= 0 ? fail() : complete(...of);
  };

  await member.notify(member.event());
  await pass(member, 10 * MINUTE);

  expect(await states(member)).toEqual({ email: 'sent', telegram: 'sent' });
  expect([tries, member.mails.length]).toEqual([1, 1]);
});

test('a test that was accepted counts as sent although nothing else can be recorded', async () => {
  const member = await memberWith([scripted('telegram', { recordSuccess: async () => fail() })]);

  expect(await member.test()).toEqual({ sent: ['email', 'telegram'], failed: [] });
});

test('the end of a receiver is told although what waited for it cannot be dropped', async () => {
  const gone = { kind: 'gone', fault: 'status-410' } as const;
  const member = await memberWith([scripted('telegram', { name: 'a bot', send: async () => gone })]);
  member.deps.outbox.dropWaiting = async () => fail();

  await member.notify(member.event());
  await member.retry();

  expect(member.mails.map(({ text }) => text)).toContainEqual(expect.stringContaining('a bot'));
});

test('a member whose pre-booking cannot be decoded is told all the same that a login is needed', async () => {
  const member = await memberWith([]);
  const Item = { email: member.email, id: 'unreadable', status: 'pending' };
  await dynamo.documents.send(new PutCommand({ TableName: 'prebookings', Item }));
  const since = new Date(member.clock.now()).toISOString();
  const detail = { version: '1', eventId: `login-${member.email}`, email: member.email, since } as const;

  expect(await member.notify({ type: 'Session LoginRequired', detail })).toEqual(['sent']);
  expect(errors(member, 'unexpected-error')).toBe(1);
});
