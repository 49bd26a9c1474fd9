import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Content, DueMessage } from '../../lib/notifications/message-record.ts';
import { LEASE, Outbox, SHARDS } from '../../lib/notifications/outbox.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined, START } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let messages: Outbox;
beforeAll(async () => {
  dynamo = await startDynamo();
  messages = new Outbox({ documents: dynamo.documents, table: 'messages' });
});
afterAll(() => dynamo.stop());

let email: string;
let members = 0;
beforeEach(() => {
  members += 1;
  email = `outbox-${members}@example.com`;
});

const note = {
  subject: 'Subject',
  text: 'Text',
  kind: 'booked',
  about: 'prebooking e',
  happenedAt: START,
  link: null,
  body: null,
} as const;
const hook: Content = { ...note, channel: 'webhook', receiver: '', body: '{}' };
const mail: Content = { ...note, channel: 'email', receiver: '' };

async function due(now: number): Promise<readonly DueMessage[]> {
  const found: DueMessage[] = [];
  for (const shard of SHARDS) for await (const one of messages.findDue(shard, now)) found.push(one);
  return found.filter((one) => one.email === email);
}

test('an event adds one message for each channel, however often it is received', async () => {
  expect(await messages.add(email, 'e-1', hook, START)).toMatchObject({ tries: 1, eventId: 'e-1' });
  expect(await messages.add(email, 'e-1', mail, START)).toMatchObject({ channel: 'email', subject: 'Subject' });
  expect(await messages.add(email, 'e-1', hook, START)).toBeUndefined();
  expect(await messages.add(email, 'e-2', hook, START)).toBeDefined();
});

test('a message whose caller died is due when the lease ends', async () => {
  await messages.add(email, 'e-1', hook, START);

  expect(await due(START + LEASE - 1)).toEqual([]);
  expect(await due(START + LEASE)).toEqual([{ email, id: 'e-1#webhook', dueAt: START + LEASE }]);
});

test('only one of many concurrent claims of a message succeeds', async () => {
  await messages.add(email, 'e-1', hook, START);
  const now = START + LEASE;
  const [seen] = await due(now);

  const claims = await Promise.all(Array.from({ length: 10 }, () => messages.claimMessage(defined(seen), now)));

  expect(claims.filter(Boolean)).toEqual([
    { ...hook, email, eventId: 'e-1', tries: 2, createdAt: START, dueAt: now + LEASE },
  ]);
});

test('a caller whose lease has passed to another can neither complete nor postpone the message', async () => {
  const first = defined(await messages.add(email, 'e-1', hook, START));
  const now = START + LEASE;
  const second = defined(await messages.claimMessage(defined((await due(now))[0]), now));

  expect(await messages.complete(first, 'sent')).toBe(false);
  expect(await messages.postpone(first, now)).toBe(false);
  expect(await messages.complete(second, 'sent')).toBe(true);
  expect(await due(Number.MAX_SAFE_INTEGER / 10_000)).toEqual([]);
});

test('a completed message stays completed: neither its event nor an old index entry brings it back', async () => {
  const claimed = defined(await messages.add(email, 'e-1', hook, START));
  await messages.complete(claimed, 'sent');

  expect(await messages.add(email, 'e-1', hook, START)).toBeUndefined();
  expect(
    await messages.claimMessage({ email, id: 'e-1#webhook', dueAt: claimed.dueAt }, START + LEASE),
  ).toBeUndefined();
});

test('a postponed message is due at its new time', async () => {
  const claimed = defined(await messages.add(email, 'e-1', hook, START));

  await messages.postpone(claimed, START + 5 * LEASE);

  expect(await due(START + 5 * LEASE - 1)).toEqual([]);
  expect(await due(START + 5 * LEASE)).toHaveLength(1);
});

test('dropping the messages for a webhook leaves the mail', async () => {
  for (const id of ['e-1', 'e-2']) for (const one of [hook, mail]) await messages.add(email, id, one, START);

  await messages.dropWaiting(email, hook);

  expect((await due(START + LEASE)).map(({ id }) => id).toSorted()).toEqual(['e-1#email', 'e-2#email']);
});
