import * as z from 'zod/mini';
import type { Clock } from '../../lib/platform/clock.ts';
import { FIRING_QUEUE_URL } from './installation.ts';
import type { Lambda } from './lambda.ts';
import { startQueue } from './sqs.ts';

const BatchAnswer = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/**
 * Starts the queue of firings. Its messages are delivered to `dispatch-firings`.
 *
 * @param path the file that keeps the messages; without it they are in memory.
 */
export const startFiringQueue = ({
  lambda,
  ...options
}: {
  readonly path?: string;
  readonly clock: Clock;
  readonly lambda: Pick<Lambda, 'invoke'>;
}) =>
  startQueue({
    ...options,
    url: FIRING_QUEUE_URL,
    async deliver(messages) {
      const Records = messages.map(({ id: messageId, body }) => ({ messageId, body }));
      const { payload, functionError } = await lambda.invoke('dispatch-firings', { Records });
      if (functionError) throw new Error('dispatch-firings failed.');
      return BatchAnswer.parse(payload).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
  });
