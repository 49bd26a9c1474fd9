import { type Clock, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import { settleAll } from '../platform/settle-all.ts';
import { FAILING_FOR, nextAttempt } from './backoff.ts';
import type { ChannelAdapter, Channels, Note, Receiver } from './channel.ts';
import { writeChannelDisabled } from './message.ts';
import type { ClaimedMessage, Content } from './message-record.ts';
import type { Settings } from './notification-settings.ts';
import type { Outbox } from './outbox.ts';
import type { SettingsStore } from './settings-store.ts';
import { writeNoteBody } from './webhook-payload.ts';

export type DeliverDeps = {
  readonly settings: Pick<SettingsStore, 'find'>;
  readonly outbox: Outbox;
  /** The channels of this installation. If it cannot send mail, there is no mail channel. */
  readonly channels: Channels;
  /** The address of the members' page; undefined if it is unknown. */
  readonly pageOrigin: string | undefined;
  readonly clock: Clock;
  /** Returns a random number from 0 to 1, by which retries are spread. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** `dropped`: the member has switched the channel off, its receiver is disabled, or a later message says more. */
export type Delivery = 'sent' | 'failed' | 'dropped';

/** For how long the write that completes a sent message is repeated, in milliseconds. */
const COMPLETING_LASTS = 2 * SECOND;

/** The fault of a message whose delivery failed because of an error on our side, such as settings that cannot be decoded. */
export const UNEXPECTED = 'unexpected-error';

/** Tries once to deliver a message, and records the result. An unexpected error is logged, and the message is tried later. */
export async function deliver(deps: DeliverDeps, message: ClaimedMessage, signal: AbortSignal): Promise<Delivery> {
  const channel = deps.channels.get(message.channel);
  if (!channel) return drop(deps, message);
  try {
    return await tryOnce(deps, channel, message, signal);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'deliver', ...logFields(message) });
    await retryLater(deps, channel, message, UNEXPECTED, 0);
    return 'failed';
  }
}

async function tryOnce(
  deps: DeliverDeps,
  channel: ChannelAdapter,
  message: ClaimedMessage,
  signal: AbortSignal,
): Promise<Delivery> {
  const receiver = await channel.open(message.email, message.receiver);
  if (!receiver) return drop(deps, message);
  // A message about a later event on the same thing exists, so this one is outdated.
  if (channel.replacesEarlier && (await deps.outbox.isSuperseded(message))) return drop(deps, message);
  const result = await receiver.send(message, signal);
  switch (result.kind) {
    case 'delivered':
      await completeSent(deps, message, signal);
      await recordSuccess(deps, receiver, message);
      return 'sent';
    case 'gone':
      await endReceiver(deps, message, receiver, result.fault);
      return 'failed';
    case 'failed': {
      const { fault, retryAfter, maxTries } = result;
      const now = deps.clock.now();
      const since = await receiver.recordFailure(fault, now);
      if (now - since >= FAILING_FOR) await endReceiver(deps, message, receiver, fault);
      else if (maxTries !== undefined && message.tries >= maxTries) await giveUp(deps, channel, message, fault);
      else await retryLater(deps, channel, message, fault, retryAfter);
      return 'failed';
    }
  }
}

/**
 * Lists the contents of a note: one for each receiver of the member on each channel.
 *
 * @param writeBody writes the text for receivers that are programs.
 */
export async function listContents(
  { channels }: Pick<DeliverDeps, 'channels'>,
  email: string,
  settings: Settings,
  note: Omit<Note, 'body'>,
  writeBody: () => string,
): Promise<readonly Content[]> {
  const listed = await settleAll(
    [...channels.values()].map(async ({ channel, isForPrograms, list }) => {
      const body = isForPrograms ? writeBody() : null;
      return (await list(email, settings)).map((receiver) => ({ ...note, body, channel, receiver }));
    }),
  );
  return listed.flat();
}

/**
 * Completes a message that the receiver has accepted. The write is repeated, because a message that stays incomplete is sent again
 * when its claim runs out. If the write still fails, the error is only logged: if it were thrown, `deliver` would schedule another
 * try, and the receiver would get the message twice.
 */
async function completeSent(deps: DeliverDeps, message: ClaimedMessage, signal: AbortSignal): Promise<void> {
  const { outbox, clock, logger, measure } = deps;
  logger.info('message-sent', logFields(message));
  measure({ MessagesSent: 1 });
  const until = clock.monotonic() + COMPLETING_LASTS;
  try {
    await repeatUntilDone({ clock, until, signal }, () => outbox.complete(message, 'sent'));
  } catch (error) {
    logger.error('unexpected-error', error, { during: 'complete-message', ...logFields(message) });
  }
}

/** Records that a receiver accepts messages. The message is complete by then, so a failure here does not send it again. */
async function recordSuccess({ logger }: DeliverDeps, receiver: Receiver, message: ClaimedMessage): Promise<void> {
  try {
    await receiver.recordSuccess();
  } catch (error) {
    logger.error('unexpected-error', error, { during: 'record-success', ...logFields(message) });
  }
}

async function drop({ outbox, logger }: DeliverDeps, message: ClaimedMessage): Promise<Delivery> {
  await outbox.complete(message, 'dropped');
  logger.info('message-dropped', logFields(message));
  return 'dropped';
}

/** @param pause the pause that the receiver asks for, in milliseconds. */
async function retryLater(
  deps: DeliverDeps,
  channel: ChannelAdapter,
  message: ClaimedMessage,
  fault: string,
  pause: number,
): Promise<void> {
  const { tries, createdAt } = message;
  const next = nextAttempt({ tries, createdAt, triedFor: channel.triedFor }, deps.clock.now(), pause, deps.random());
  if (next === undefined) return giveUp(deps, channel, message, fault);
  await deps.outbox.postpone(message, next);
  deps.logger.warn('message-not-sent', { ...logFields(message), fault });
  deps.measure({ MessagesFailed: 1 });
}

async function giveUp(
  { outbox, logger, measure }: DeliverDeps,
  { mender }: ChannelAdapter,
  message: ClaimedMessage,
  fault: string,
): Promise<void> {
  await outbox.complete(message, 'given-up');
  measure({ MessagesFailed: 1 });
  // An error in the log asks the operator to act. The other faults are the member's to mend.
  if (mender === 'operator' || fault === UNEXPECTED)
    logger.error('message-given-up', new Error(fault), logFields(message));
  else logger.warn('message-given-up', { ...logFields(message), fault });
}

/** A receiver of a member, and the event whose message was sent to it. */
export type MessageTarget = Pick<ClaimedMessage, 'email' | 'channel' | 'receiver' | 'eventId'>;

/**
 * Ends a receiver that wants no more messages, or has accepted none for a week, and drops the messages that wait for it. The settings
 * show that it has ended, and the member is told over the other channels.
 */
export async function endReceiver(
  deps: DeliverDeps,
  { email, channel, receiver: id, eventId }: MessageTarget,
  receiver: Receiver,
  fault: string,
): Promise<void> {
  const { outbox, clock, logger, measure } = deps;
  measure({ MessagesFailed: 1 });
  if (!(await receiver.end(fault, clock.now()))) return;
  logger.warn('receiver-ended', { channel, fault });
  measure({ WebhooksDisabled: 1 });
  // The member is told first, because the process may die while it drops messages.
  if (receiver.name !== undefined) await tellOfEnd(deps, { email, channel, name: receiver.name, eventId });
  await outbox.dropWaiting(email, { channel, receiver: id });
}

type EndedReceiver = Omit<MessageTarget, 'receiver'> & { readonly name: string };

/** Tells a member of the end of a channel, over the member's other channels. The next run of the retries sends the message. */
async function tellOfEnd(deps: DeliverDeps, { email, channel, name, eventId }: EndedReceiver): Promise<void> {
  const settings = await deps.settings.find(email);
  if (!settings) return;
  const now = deps.clock.now();
  const note = {
    ...writeChannelDisabled(settings.language, channel, name),
    kind: 'channel-disabled' as const,
    about: `channel ${channel}`,
    happenedAt: now,
    link: deps.pageOrigin === undefined ? null : `${deps.pageOrigin}/#settings`,
  };
  const contents = await listContents(deps, email, settings, note, () => writeNoteBody(note, email, now));
  for (const content of contents)
    if (content.channel !== channel) await deps.outbox.enqueue(email, `${eventId}-${channel}-ended`, content, now);
}

const logFields = ({ eventId, channel, tries }: ClaimedMessage) => ({ message: eventId, channel, tries });
