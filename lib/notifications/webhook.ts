import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type Clock, HOUR, SECOND } from '../platform/clock.ts';
import { AddressNotPublic, publicLookup, type Resolver } from './public-address.ts';
import { isAddress } from './webhook-url.ts';

/** Why a webhook did not accept a message. The member sees this text. */
type WebhookFault =
  | `status-${number}`
  | 'timeout'
  | 'unreachable'
  | 'host-not-found'
  | 'address-not-public'
  | 'certificate-invalid';

export type WebhookResult =
  | { readonly kind: 'delivered' }
  /** The status 410: the receiver wants no more messages. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'failed';
      readonly fault: WebhookFault;
      /** How long the receiver asks us to wait, in milliseconds. */
      readonly retryAfter: number;
    };

export type Target = { readonly url: string; readonly secret: string };
export type Payload = { readonly id: string; readonly body: string };
export type SendWebhook = (target: Target, payload: Payload, signal: AbortSignal) => Promise<WebhookResult>;

/** Standard Webhooks recommends waiting 15 to 30 s for an answer. */
const DEADLINE = 15 * SECOND;

/** The longest pause that a receiver may ask for, in milliseconds. */
const LONGEST_PAUSE = 6 * HOUR;

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export const generateSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** Signs a message. @returns its headers (Standard Webhooks 1.0.0, "Webhook headers"). */
export function signMessage(secret: string, { id, body }: Payload, now: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / SECOND));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

export type SenderOptions = {
  readonly clock: Clock;
  readonly resolver: Resolver;
  /** Certificates to trust instead of those of the well-known authorities. */
  readonly ca?: string;
  readonly deadlineMs?: number;
};

/**
 * Creates a function that sends a message as Standard Webhooks specifies: once, over a new connection, to a public address.
 * Only a 2xx answer is a success; a redirect is not followed. The body of the answer is not read.
 */
export const webhookSender =
  ({ clock, resolver, ca, deadlineMs = DEADLINE }: SenderOptions): SendWebhook =>
  async ({ url, secret }, payload, signal) => {
    const target = new URL(url);
    // Node calls `lookup` for host names only, so nothing would check an IP address.
    if (isAddress(target.hostname)) return failed('address-not-public');
    const deadline = AbortSignal.any([signal, clock.timeout(deadlineMs)]);
    const outgoing = request(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload.body),
        'user-agent': 'On-the-Dot',
        ...signMessage(secret, payload, clock.now()),
      },
      agent: false,
      lookup: publicLookup(resolver),
      signal: deadline,
      ...(ca !== undefined && { ca }),
    });
    const answered = Promise.withResolvers<WebhookResult>();
    outgoing.on('error', (error) => answered.resolve(failed(faultOf(error))));
    // Node emits `close` last for every request, and nothing else if the answer switches protocols (101).
    outgoing.on('close', () => answered.resolve(failed(deadline.aborted ? 'timeout' : 'unreachable')));
    outgoing.on('response', (response) => {
      answered.resolve(readAnswer(response, clock.now()));
      outgoing.destroy();
    });
    outgoing.end(payload.body);
    return answered.promise;
  };

function readAnswer({ statusCode = 0, headers }: IncomingMessage, now: number): WebhookResult {
  if (statusCode >= 200 && statusCode <= 299) return { kind: 'delivered' };
  if (statusCode === 410) return { kind: 'gone' };
  return failed(`status-${statusCode}`, readPause(headers['retry-after'], now));
}

const failed = (fault: WebhookFault, retryAfter = 0): WebhookResult => ({ kind: 'failed', fault, retryAfter });

/** Reads a Retry-After header: seconds, or a date (RFC 9110). @returns milliseconds. */
function readPause(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const pause = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now;
  return Number.isNaN(pause) ? 0 : Math.min(Math.max(0, pause), LONGEST_PAUSE);
}

const NOT_FOUND = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'];

function faultOf(error: Error): WebhookFault {
  if (error instanceof AddressNotPublic) return 'address-not-public';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  const code = 'code' in error ? String(error.code) : '';
  if (NOT_FOUND.includes(code)) return 'host-not-found';
  return /CERT|ERR_TLS/.test(code) ? 'certificate-invalid' : 'unreachable';
}
