import { randomUUID } from 'node:crypto';
import { settleAll } from '../platform/settle-all.ts';
import type { Channel, Receiver, SendResult } from './channel.ts';
import { type DeliverDeps, endReceiver, listContents, type MessageTarget, UNEXPECTED } from './deliver.ts';
import { writeTestMessage } from './message.ts';
import type { Content } from './message-record.ts';
import { DEFAULTS } from './notification-settings.ts';
import { writeNoteBody } from './webhook-payload.ts';

/**
 * @property sent the channels that have a receiver which accepted the test.
 * @property failed one entry for each receiver that has not accepted the test, with the reason.
 */
export type TestResult = {
  readonly sent: readonly Channel[];
  readonly failed: readonly { readonly channel: Channel; readonly reason: string }[];
};

/**
 * Sends a test message to each receiver of a member, once. A test is not retried, because its sender waits for the result. A
 * receiver that wants no more messages ends, as it does after any message. Any other failure is only shown in the settings.
 */
export async function testNotifications(deps: DeliverDeps, email: string, signal: AbortSignal): Promise<TestResult> {
  const settings = (await deps.settings.find(email)) ?? DEFAULTS;
  const now = deps.clock.now();
  const note = {
    ...writeTestMessage(settings.language),
    kind: 'test' as const,
    about: 'test',
    happenedAt: now,
    link: deps.pageOrigin === undefined ? null : `${deps.pageOrigin}/#settings`,
  };
  const contents = await listContents(deps, email, settings, note, () => writeNoteBody(note, email, now));
  const eventId = `test-${randomUUID()}`;
  const results = await settleAll(
    contents.map(async (content) => ({
      channel: content.channel,
      reason: await testOne(deps, email, eventId, content, signal),
    })),
  );
  const failed = results.flatMap(({ channel, reason }) => (reason === undefined ? [] : [{ channel, reason }]));
  const sent = results.filter(({ reason }) => reason === undefined).map(({ channel }) => channel);
  return { sent: [...new Set(sent)], failed };
}

/**
 * Tests one receiver. An unexpected error counts as this receiver's failure: if the whole request failed, the client would repeat it,
 * and all other receivers would get the test again.
 *
 * @returns why the receiver has not accepted the message; undefined if it has.
 */
async function testOne(
  deps: DeliverDeps,
  email: string,
  eventId: string,
  content: Content,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await sendTest(deps, email, eventId, content, signal);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'test-notifications', channel: content.channel });
    return UNEXPECTED;
  }
}

async function sendTest(
  deps: DeliverDeps,
  email: string,
  eventId: string,
  content: Content,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { channel, receiver: id } = content;
  const receiver = await deps.channels.get(channel)?.open(email, id);
  if (!receiver) return 'disabled';
  const result = await receiver.send({ ...content, eventId }, signal);
  deps.logger.info('notification-tested', { channel, result: result.kind });
  try {
    await recordTest(deps, { email, channel, receiver: id, eventId }, receiver, result);
  } catch (error) {
    // The member is told how the test went, whether or not that could be recorded.
    deps.logger.error('unexpected-error', error, { during: 'record-test', channel });
  }
  return result.kind === 'delivered' ? undefined : result.fault;
}

async function recordTest(
  deps: DeliverDeps,
  tested: MessageTarget,
  receiver: Receiver,
  result: SendResult,
): Promise<void> {
  if (result.kind === 'delivered') await receiver.recordSuccess();
  else if (result.kind === 'gone') await endReceiver(deps, tested, receiver, result.fault);
  else await receiver.recordTestFailure(result.fault);
}
