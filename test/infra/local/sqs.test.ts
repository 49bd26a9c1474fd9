import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from 'vitest';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { startQueue } from '../../../infra/local/sqs.ts';
import { MINUTE, SECOND } from '../../../lib/platform/clock.ts';

const URL = 'https://sqs.eu-west-1.amazonaws.com/000000000000/firings';

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0).toReversed()) close();
});

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  open.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Starts a queue whose batches are recorded, and fail if `fails` says so. */
async function startedQueue({ path, fails = () => false }: { path?: string; fails?: (body: string) => boolean } = {}) {
  const clock = createMovableClock();
  const batches: string[][] = [];
  let wake: () => void = () => undefined;
  const server = await startQueue({
    url: URL,
    clock,
    ...(path !== undefined && { path }),
    async deliver(messages) {
      batches.push(messages.map(({ body }) => body));
      wake();
      return messages.filter(({ body }) => fails(body)).map(({ id }) => id);
    },
  });
  open.push(server.stop);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint: server.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  return {
    batches,
    server,
    send: (MessageBody: string, DelaySeconds = 0, QueueUrl = URL) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds })),
    async skip(millis: number) {
      // A batch that has just been delivered is settled first.
      await setImmediate();
      clock.moveTo(clock.now() + millis);
      server.setTimer();
    },
    /** Waits until so many batches were delivered. */
    async delivered(count: number) {
      while (batches.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return batches;
    },
  };
}

test('a message is delivered after its delay, and once', async () => {
  const queue = await startedQueue();
  await queue.send('later', 600);
  await queue.send('now');

  expect(await queue.delivered(1)).toEqual([['now']]);
  await queue.skip(10 * MINUTE);
  expect(await queue.delivered(2)).toEqual([['now'], ['later']]);
});

test('a batch has ten messages at most', async () => {
  const queue = await startedQueue();
  for (let index = 0; index < 12; index += 1) await queue.send(String(index), 60);

  await queue.skip(MINUTE + SECOND);

  expect((await queue.delivered(2)).map((batch) => batch.length)).toEqual([10, 2]);
});

test('a message that failed is delivered again, three times in all', async () => {
  const queue = await startedQueue({ fails: (body) => body === 'bad' });
  await queue.send('bad', 60);
  await queue.send('good', 60);

  await queue.skip(MINUTE + SECOND);
  await queue.delivered(1);
  await queue.skip(31 * SECOND);
  await queue.delivered(2);
  await queue.skip(31 * SECOND);
  await queue.delivered(3);
  await queue.skip(MINUTE);
  await queue.send('last');

  expect((await queue.delivered(4)).slice(1)).toEqual([['bad'], ['bad'], ['last']]);
});

test('a message that was acknowledged survives a restart', async () => {
  const path = join(dataFolder(), 'messages.sqlite');
  const first = await startedQueue({ path });
  await first.send('kept', 60);
  first.server.stop();
  open.splice(open.indexOf(first.server.stop), 1);

  const second = await startedQueue({ path });
  await second.skip(MINUTE + SECOND);

  expect(await second.delivered(1)).toEqual([['kept']]);
});

test('a delay of more than 15 minutes is refused as such', async () => {
  const queue = await startedQueue();

  await expect(queue.send('x', 901)).rejects.toMatchObject({
    name: 'InvalidParameterValue',
    message: expect.stringContaining('DelaySeconds'),
  });
});

test('a message for another queue, and one while the queue is away, is refused', async () => {
  const queue = await startedQueue();

  await expect(queue.send('x', 0, `${URL}-other`)).rejects.toThrow('Only SendMessage');
  queue.server.refuse(true);
  await expect(queue.send('x')).rejects.toThrow('Only SendMessage');
});

test('a message that cannot be stored is answered as a fault of SQS, and later ones are accepted', async () => {
  const path = join(dataFolder(), 'messages.sqlite');
  const queue = await startedQueue({ path });
  const file = new DatabaseSync(path);
  open.push(() => file.close());
  file.exec('ALTER TABLE messages RENAME TO gone');

  const told = queue.send('x');

  await expect(told).rejects.toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
  file.exec('ALTER TABLE gone RENAME TO messages');
  await queue.send('y');
  expect(await queue.delivered(1)).toEqual([['y']]);
});
