import { randomUUID } from 'node:crypto';
import type { Channel } from './channel.ts';
import { type DeliverDeps, endReceiver, listContents } from './deliver.ts';
import { writeTest } from './message.ts';
import type { Content } from './message-record.ts';
import { DEFAULTS } from './notification-settings.ts';
import { writeNoteBody } from './webhook-payload.ts';

/** @property failed one entry for each receiver that has not accepted the test, with the reason. */
export type TestResult = {
  readonly sent: readonly Channel[];
  readonly failed: readonly { readonly channel: Channel; readonly reason: string }[];
};

/**
 * Sends a test message to each receiver of a member, once. A test is not retried, because its sender waits for the result; what
 * it finds out about a receiver is recorded as for any message.
 */
export async function testNotifications(deps: DeliverDeps, email: string, signal: AbortSignal): Promise<TestResult> {
  const settings = (await deps.settings.find(email)) ?? DEFAULTS;
  const now = deps.clock.now();
  const note = {
    ...writeTest(settings.language),
    ...({ kind: 'test', about: 'test' } as const),
    link: deps.pageOrigin === undefined ? null : `${deps.pageOrigin}/#settings`,
  };
  const contents = await listContents(deps, email, settings, note, () => writeNoteBody(note, email, now));
  const eventId = `test-${randomUUID()}`;
  const results = await Promise.all(
    contents.map(async (content) => ({
      channel: content.channel,
      reason: await testOne(deps, email, eventId, content, signal),
    })),
  );
  const failed = results.flatMap(({ channel, reason }) => (reason === undefined ? [] : [{ channel, reason }]));
  const sent = results.filter(({ reason }) => reason === undefined).map(({ channel }) => channel);
  return { sent: [...new Set(sent)], failed };
}

/** @returns why the receiver has not accepted the message; undefined if it has. */
async function testOne(
  deps: DeliverDeps,
  email: string,
  eventId: string,
  content: Content,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { channel, receiver: id } = content;
  const receiver = await deps.channels.get(channel)?.open(email, id);
  if (!receiver) return 'disabled';
  const now = deps.clock.now();
  const result = await receiver.send({ ...content, eventId, createdAt: now }, signal);
  deps.logger.info('notification-tested', { channel, result: result.kind });
  if (result.kind === 'delivered') {
    await receiver.recordSuccess();
    return undefined;
  }
  if (result.kind === 'gone')
    await endReceiver(deps, { email, channel, receiver: id, eventId }, receiver, result.fault);
  else await receiver.recordFailure(result.fault, now);
  return result.fault;
}
