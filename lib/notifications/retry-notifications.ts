import type { Instant } from '../platform/clock.ts';
import { type DeliverDeps, deliver } from './deliver.ts';
import { channelOf, type DueMessage } from './outbox.ts';

export type Retried = Record<'sent' | 'failed' | 'dropped' | 'taken' | 'left', number>;

/** Members tried at the same time, and messages that one run takes up from each partition: the rest waits a minute. */
const CONCURRENCY = 20;
const MOST = 250;

/**
 * Tries again what is due. A member's messages to one receiver are tried one after the other, and no further in this
 * minute once one fails: a receiver that is down is asked once a minute, and holds up nobody else's.
 *
 * @param lastStart on the monotonic clock; what is not begun by then is left to the next run.
 */
export async function retryNotifications(deps: DeliverDeps, lastStart: Instant, signal: AbortSignal): Promise<Retried> {
  const counts: Retried = { sent: 0, failed: 0, dropped: 0, taken: 0, left: 0 };
  const due = (await Promise.all(deps.outbox.shards.map((shard) => dueIn(deps, shard)))).flat();
  const receivers = Map.groupBy(due, ({ email, id }) => `${channelOf(id)} ${email}`).values();
  const worker = async () => {
    for (const messages of receivers) await tryReceiver(deps, messages, counts, lastStart, signal);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  if (due.length > 0) deps.logger.info('messages-retried', counts);
  return counts;
}

async function dueIn({ outbox, clock }: DeliverDeps, shard: number): Promise<readonly DueMessage[]> {
  const found: DueMessage[] = [];
  for await (const due of outbox.due(shard, clock.now())) if (found.push(due) >= MOST) break;
  return found;
}

async function tryReceiver(
  deps: DeliverDeps,
  messages: readonly DueMessage[],
  counts: Retried,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<void> {
  for (const [tried, message] of messages.entries()) {
    const came = deps.clock.monotonic() > lastStart ? 'left' : await tryOne(deps, message, signal);
    counts[came] += 1;
    if (came !== 'failed' && came !== 'left') continue;
    counts.left += messages.length - tried - 1;
    return;
  }
}

/** `taken`: by another, or settled since. What goes wrong with one message stops no other. */
async function tryOne(
  deps: DeliverDeps,
  message: DueMessage,
  signal: AbortSignal,
): Promise<'sent' | 'failed' | 'dropped' | 'taken'> {
  try {
    const taken = await deps.outbox.claimMessage(message, deps.clock.now());
    return taken ? await deliver(deps, taken, signal) : 'taken';
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'retry-notifications' });
    return 'failed';
  }
}
