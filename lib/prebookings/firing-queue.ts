import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { parseJson } from '../platform/json.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import type { Prebooking } from './prebooking.ts';
import { QueuedWakeUp, queuedWakeUp } from './wake-up.ts';

/** `fire`: starts the firing. `guard`: restarts a firing that has died. `last-guard`: the same, after the opening. */
const KINDS = ['fire', 'guard', 'last-guard'] as const;

/** A message of the queue. Box and opening tell which firings may share a process. */
const Message = z.extend(QueuedWakeUp, {
  kind: z.enum(KINDS),
  box: z.string(),
  opensAt: StoredInstant,
});

export type FiringMessage = z.infer<typeof Message>;

/** Decodes the body of a message. @throws ZodError, which quotes nothing of the body. */
export const decodeFiringMessage = (body: string): FiringMessage => Message.parse(parseJson(body));

/** The queue of delayed messages that `dispatch-firings` gets at their time. */
export type FiringQueue = {
  /**
   * Sends a message that arrives at an instant, or up to a second before, but after 15 minutes at the latest (`MAX_DELAY`).
   *
   * @throws the SDK's error if SQS has refused the message.
   */
  send(kind: FiringMessage['kind'], prebooking: Prebooking, at: Instant): Promise<void>;
};

/** The longest delay that SQS offers, in seconds. A guard that arrives too early for that reason queues another guard. */
const MAX_DELAY = 900;

export const firingQueue = (sqs: SQSClient, queueUrl: string, clock: Pick<Clock, 'now'>): FiringQueue => ({
  async send(kind, prebooking, at) {
    const { box, opensAt } = prebooking;
    const delay = Math.floor((at - clock.now()) / SECOND);
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify({ kind, ...queuedWakeUp(prebooking), box, opensAt: toIso(opensAt) }),
        DelaySeconds: Math.min(Math.max(0, delay), MAX_DELAY),
      }),
    );
  },
});
