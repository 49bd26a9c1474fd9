import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type Clock, HOUR, SECOND } from '../platform/clock.ts';
import { AddressRefused, publicLookup, type Resolver } from './public-address.ts';
import { isAddress } from './webhook-url.ts';

/** Why a webhook did not take a message: what its member is told. */
type WebhookFault =
  | `status-${number}`
  | 'timeout'
  | 'unreachable'
  | 'host-not-found'
  | 'address-not-public'
  | 'certificate-invalid';

export type Sent =
  | { readonly kind: 'delivered' }
  /** 410: the receiver wants nothing any more. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'failed';
      readonly fault: WebhookFault;
      /** How long the receiver asks to be left alone, in milliseconds. */
      readonly retryAfter: number;
    };

export type Target = { readonly url: string; readonly secret: string };
export type Payload = { readonly id: string; readonly body: string };
export type SendWebhook = (target: Target, payload: Payload, signal: AbortSignal) => Promise<Sent>;

/** The specification recommends to wait 15 to 30 s for an answer. */
const DEADLINE = 15 * SECOND;

/** A receiver that asks for more gets no more. */
const LONGEST_PAUSE = 6 * HOUR;

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** The headers of a message (Standard Webhooks 1.0.0, "Webhook headers"). */
export function signedHeaders(secret: string, { id, body }: Payload, now: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / SECOND));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

export type SenderOptions = {
  readonly clock: Clock;
  readonly resolver: Resolver;
  /** Certificates to trust instead of the well-known authorities'. */
  readonly ca?: string;
  readonly deadlineMs?: number;
};

/**
 * Sends messages as the Standard Webhooks specification says: each over a connection of its own, to a public address, once.
 * Only 2xx counts; a redirect is a failure, and is not followed. Nothing of an answer but its head is read.
 */
export const webhookSender =
  ({ clock, resolver, ca, deadlineMs = DEADLINE }: SenderOptions): SendWebhook =>
  async ({ url, secret }, payload, signal) => {
    const target = new URL(url);
    // An address is never looked up, so nothing would check it.
    if (isAddress(target.hostname)) return failed('address-not-public');
    const patience = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const outgoing = request(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload.body),
        'user-agent': 'On-the-Dot',
        ...signedHeaders(secret, payload, clock.now()),
      },
      agent: false,
      lookup: publicLookup(resolver),
      signal: patience,
      ...(ca !== undefined && { ca }),
    });
    const answered = Promise.withResolvers<Sent>();
    outgoing.on('error', (error) => answered.resolve(failed(faultOf(error))));
    // The last event of every request, and the only one when the answer switches protocols (101).
    outgoing.on('close', () => answered.resolve(failed(patience.aborted ? 'timeout' : 'unreachable')));
    outgoing.on('response', (response) => {
      answered.resolve(answerOf(response, clock.now()));
      outgoing.destroy();
    });
    outgoing.end(payload.body);
    return answered.promise;
  };

function answerOf({ statusCode = 0, headers }: IncomingMessage, now: number): Sent {
  if (statusCode >= 200 && statusCode <= 299) return { kind: 'delivered' };
  if (statusCode === 410) return { kind: 'gone' };
  return failed(`status-${statusCode}`, pauseIn(headers['retry-after'], now));
}

const failed = (fault: WebhookFault, retryAfter = 0): Sent => ({ kind: 'failed', fault, retryAfter });

/** Seconds, or a date (RFC 9110, Retry-After). */
function pauseIn(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const pause = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now;
  return Number.isNaN(pause) ? 0 : Math.min(Math.max(0, pause), LONGEST_PAUSE);
}

const NOT_FOUND = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'];

function faultOf(error: Error): WebhookFault {
  if (error instanceof AddressRefused) return 'address-not-public';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  const code = 'code' in error ? String(error.code) : '';
  if (NOT_FOUND.includes(code)) return 'host-not-found';
  return /CERT|ERR_TLS/.test(code) ? 'certificate-invalid' : 'unreachable';
}
