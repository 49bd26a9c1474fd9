import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { listenOnLoopback } from './loopback.ts';
import { type DeliverBatch, MessageDelivery } from './message-delivery.ts';
import { openMessageStore } from './message-store.ts';

const SendMessage = z.object({
  QueueUrl: z.string(),
  MessageBody: z.string(),
  DelaySeconds: z._default(z.int().check(z.minimum(0), z.maximum(900)), 0),
});

const refusal = (type: string, message: string) => ({ __type: `com.amazonaws.sqs#${type}`, message });

const listFields = ({ issues }: z.core.$ZodError): string => issues.map(({ path }) => path.join('.')).join(', ');

/** Where an error is not the client's fault, SQS answers `InternalFailure` (SQS API reference, "Common errors"). */
const internalFailure = (error: unknown) => refusal('InternalFailure', `The message was not stored: ${error}`);

const NO_SUCH_QUEUE = refusal('QueueDoesNotExist', 'Only SendMessage, to the queue of firings.');

/**
 * Starts SQS's SendMessage for one queue, and delivers the queue's messages in batches, as Lambda's event source mapping does. If
 * there is a file, a message that SendMessage has accepted survives a restart.
 *
 * @param path the file that keeps the messages; without it they are in memory.
 */
export async function startQueue({
  path = ':memory:',
  url: queueUrl,
  deliver,
  clock,
}: {
  readonly path?: string;
  readonly url: string;
  readonly deliver: DeliverBatch;
  readonly clock: Clock;
}) {
  const store = openMessageStore(path);
  const delivery = new MessageDelivery(store, deliver, clock);
  let isRefusing = false;
  const send = (request: unknown) => {
    const { data, error } = SendMessage.safeParse(request);
    if (error) return refusal('InvalidParameterValue', `Not valid: ${listFields(error)}.`);
    const { QueueUrl, MessageBody: body, DelaySeconds } = data;
    if (isRefusing || QueueUrl !== queueUrl) return NO_SUCH_QUEUE;
    const id = randomUUID();
    store.put({ id, body, dueAt: clock.now() + DelaySeconds * SECOND, receives: 0 });
    delivery.setTimer();
    return { MessageId: id, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  };
  const trySend = (request: unknown) => {
    try {
      const answer = send(request);
      return { status: '__type' in answer ? 400 : 200, answer };
    } catch (error) {
      return { status: 500, answer: internalFailure(error) };
    }
  };
  const server = createServer(async (request, response) => {
    const isSend = request.headers['x-amz-target'] === 'AmazonSQS.SendMessage';
    const body = await json(request).catch(() => undefined);
    const { status, answer } = isSend ? trySend(body) : { status: 400, answer: NO_SUCH_QUEUE };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer));
  });
  const { url, stop } = await listenOnLoopback(server);
  delivery.setTimer();
  return {
    endpoint: url,
    /** Makes SendMessage fail from now on, or succeed again. */
    refuse(isRefused: boolean) {
      isRefusing = isRefused;
    },
    /** Lists the bodies of the messages that wait or are being delivered. */
    bodies: () => store.list().map(({ body }) => body),
    /** Sets the timer again. Call it after the clock was moved, so that all due messages are delivered. */
    setTimer: () => delivery.setTimer(),
    stop() {
      delivery.stop();
      stop();
      store.close();
    },
  };
}
