import type { Instant } from '../platform/clock.ts';
import { type DeliverDeps, type Delivery, deliver } from './deliver.ts';
import { type DueMessage, receiverOf } from './message-record.ts';
import { SHARDS, UnreadableMessage } from './outbox.ts';

/**
 * How many messages had which result. `claimed`: another caller has claimed or completed the message since it was found due.
 * `left`: the message is left to the next run.
 */
export type RetryCounts = Record<Delivery | 'claimed' | 'left', number>;

/** How many receivers are tried at the same time. */
const CONCURRENCY = 20;

/** The most messages that one run tries of each shard, which is a partition of the index of due messages. */
const MESSAGES_PER_SHARD = 250;

/**
 * Retries due messages. A member's messages to one receiver are tried one after the other until one fails. So a receiver that is down
 * gets only one of that member's messages in a run, and only one of the concurrent loops waits for its answer.
 *
 * @param lastStart an instant on the monotonic clock; messages that are not tried by then are left to the next run.
 */
export async function retryNotifications(
  deps: DeliverDeps,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RetryCounts> {
  const counts: RetryCounts = { sent: 0, failed: 0, dropped: 0, claimed: 0, left: 0 };
  const due = (await Promise.all(SHARDS.map((shard) => findDue(deps, shard)))).flat();
  // All loops share this iterator, so each receiver is tried by only one loop.
  const byReceiver = Map.groupBy(due, ({ email, id }) => `${receiverOf(id)} ${email}`).values();
  const retryReceivers = async () => {
    for (const messages of byReceiver) await retryReceiver(deps, messages, counts, lastStart, signal);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, retryReceivers));
  if (due.length > 0) deps.logger.info('messages-retried', counts);
  return counts;
}

async function findDue({ outbox, clock }: DeliverDeps, shard: number): Promise<readonly DueMessage[]> {
  const found: DueMessage[] = [];
  for await (const due of outbox.findDue(shard, clock.now())) {
    found.push(due);
    if (found.length === MESSAGES_PER_SHARD) break;
  }
  return found;
}

/** Retries a member's messages to one receiver until one fails, and adds the results to `counts`. */
async function retryReceiver(
  deps: DeliverDeps,
  messages: readonly DueMessage[],
  counts: RetryCounts,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, message] of messages.entries()) {
    const result = deps.clock.monotonic() > lastStart ? 'left' : await retryOne(deps, message, signal);
    counts[result] += 1;
    if (result === 'failed' || result === 'left') {
      const untried = messages.slice(index + 1);
      counts.left += untried.length;
      return;
    }
  }
}

/**
 * Retries one message. An unexpected error is logged and counts as failed, so that the run goes on. A message that cannot be
 * decoded was ended by `claimMessage`, and counts as dropped.
 */
async function retryOne(deps: DeliverDeps, message: DueMessage, signal: AbortSignal): Promise<Delivery | 'claimed'> {
  try {
    const claimed = await deps.outbox.claimMessage(message, deps.clock.now());
    return claimed ? await deliver(deps, claimed, signal) : 'claimed';
  } catch (error) {
    if (error instanceof UnreadableMessage) {
      const [channel] = receiverOf(message.id).split(':');
      deps.logger.error('message-unreadable', error, { channel });
      return 'dropped';
    }
    deps.logger.error('unexpected-error', error, { during: 'retry-notifications' });
    return 'failed';
  }
}
