import { SECOND } from '../platform/clock.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import { decodeFiringMessage, type FiringMessage } from './firing-queue.ts';
import { MAX_SHARING } from './function-starter.ts';
import { type GuardDeps, guardFiring } from './guard-firing.ts';

/** A message as the queue delivers it. */
export type Delivered = { readonly messageId: string; readonly body: string };

/** A message of the queue, and the id by which the queue knows it. */
export type ReceivedMessage = { readonly messageId: string; readonly message: FiringMessage };

/**
 * How long a start that Lambda refuses is repeated, in milliseconds. The function `dispatch-firings` may run for 30 s. The queue
 * would deliver the messages again only 30 s after their first delivery.
 */
const START_RETRY_TIME = 20 * SECOND;

/**
 * Decodes and dispatches what the queue has delivered. A message that cannot be decoded fails alone, because the other messages
 * of its batch have no time for another delivery.
 *
 * @returns the ids of the messages that failed, as `dispatchFirings` does.
 */
export async function dispatchDelivered(
  deps: GuardDeps,
  delivered: readonly Delivered[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const received: ReceivedMessage[] = [];
  const unreadable: string[] = [];
  for (const { messageId, body } of delivered) {
    try {
      received.push({ messageId, message: decodeFiringMessage(body) });
    } catch (error) {
      deps.logger.error('unexpected-error', error, { during: 'decode-message', messageId });
      unreadable.push(messageId);
    }
  }
  return [...unreadable, ...(await dispatchFirings(deps, received, signal))];
}

/**
 * Starts the firings that are due, up to `MAX_SHARING` of one box and opening in one process. Runs the guards that are due, which
 * look after firings shortly before and after the opening.
 *
 * @returns the ids of the messages that failed, so that the queue delivers them again.
 */
export async function dispatchFirings(
  deps: GuardDeps,
  received: readonly ReceivedMessage[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const firings = received.filter(isFiring);
  const guards = received.filter((message) => !isFiring(message));
  const work = [
    ...groupByOpening(firings).map((group) => ({ group, run: () => startTogether(deps, group, signal) })),
    ...guards.map((guard) => ({ group: [guard], run: () => guardFiring(deps, guard.message, signal) })),
  ];
  const failedByGroup = await Promise.all(
    work.map(async ({ group, run }) => {
      try {
        await run();
        return [];
      } catch (error) {
        for (const { message } of group)
          deps.logger.error('unexpected-error', error, { during: message.kind, prebooking: message.id });
        return group.map(({ messageId }) => messageId);
      }
    }),
  );
  return failedByGroup.flat();
}

const isFiring = ({ message }: ReceivedMessage): boolean => message.kind === 'fire';

/** Groups messages of one box and one opening. A group has at most `MAX_SHARING` messages. */
function groupByOpening(received: readonly ReceivedMessage[]): readonly (readonly ReceivedMessage[])[] {
  const byOpening = Map.groupBy(received, ({ message: { box, opensAt } }) => `${box} ${opensAt}`);
  return [...byOpening.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MAX_SHARING) }, (_, index) =>
      group.slice(index * MAX_SHARING, (index + 1) * MAX_SHARING),
    ),
  );
}

/** Starts one process for the firings of a group. */
const startTogether = (
  { starter, clock }: GuardDeps,
  group: readonly ReceivedMessage[],
  signal: AbortSignal,
): Promise<void> =>
  repeatUntilDone({ clock, until: clock.monotonic() + START_RETRY_TIME, signal }, () =>
    starter.fire(group.map(({ message }) => message)),
  );
