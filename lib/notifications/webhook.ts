import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Outgoing, SendResult } from './channel.ts';
import { judgeStatus, type SendPost } from './http-post.ts';
import type { SendTo } from './receiver-channel.ts';

/** The beginning of every secret (Standard Webhooks). */
const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** The status after which a receiver wants no more messages (Standard Webhooks). */
const GONE = 410;

/** Generates the secret that a webhook's messages are signed with. */
export const generateSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** What is signed. @property id the event's id, the same at every try. */
type Payload = { readonly id: string; readonly body: string };

/** Signs a message. @returns its headers (Standard Webhooks 1.0.0, "Webhook headers"). */
export function signMessage(secret: string, { id, body }: Payload, now: Instant): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / SECOND));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/**
 * Creates a function that sends a message as Standard Webhooks specifies. Only a 2xx answer is a success, and its body is not
 * read.
 */
export const webhookSender =
  (post: SendPost, clock: Pick<Clock, 'now'>): SendTo =>
  async ({ address: url, secret }, { eventId: id, body }: Outgoing, signal): Promise<SendResult> => {
    // A webhook always has a secret, and its messages have a body. The types allow null because of other channels.
    const payload = { id, body: body ?? '' };
    const headers = { 'content-type': 'application/json', ...signMessage(secret ?? '', payload, clock.now()) };
    return judgeStatus(await post({ url, headers, body: payload.body }, signal), [GONE]);
  };
