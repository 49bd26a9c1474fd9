import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { type Clock, SECOND } from '../platform/clock.ts';
import { LONGEST_PAUSE } from './backoff.ts';
import type { SendResult } from './channel.ts';
import { AddressNotPublic, publicLookup, type Resolver } from './public-address.ts';
import { isIpAddress } from './receiver-url.ts';

type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Whether the body of the answer is wanted. */
  readonly readsBody?: boolean;
};

/** Why a receiver gave no answer. The member sees this text. */
type Fault = 'timeout' | 'unreachable' | 'host-not-found' | 'address-not-public' | 'certificate-invalid';

export type PostAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The pause of a Retry-After header, in milliseconds. */
      readonly retryAfter: number;
      /** The first characters of the body, if it was wanted; otherwise empty. */
      readonly body: string;
    }
  | { readonly kind: 'fault'; readonly fault: Fault };

export type SendPost = (post: Post, signal: AbortSignal) => Promise<PostAnswer>;

export type PostOptions = {
  readonly clock: Clock;
  readonly resolver: Resolver;
  /** Certificates to trust instead of those that Node trusts (PEM). */
  readonly ca?: string;
  /** Hosts, with their ports, that may be reached at a private address and without TLS. */
  readonly privateHosts?: ReadonlySet<string>;
};

/** How long a receiver may take to answer, in milliseconds. Standard Webhooks recommends 15 to 30 s. */
const DEADLINE = 15 * SECOND;

/** The most that is read of an answer's body, in characters. */
const BODY_LIMIT = 16_384;

/**
 * Creates a function that posts once to a receiver, over a new connection, to a public address. The function follows no redirect:
 * it returns the first answer.
 */
export const poster =
  ({ clock, resolver, ca, privateHosts = new Set() }: PostOptions): SendPost =>
  async ({ url, headers, body, readsBody = false }, signal) => {
    const target = new URL(url);
    const isPrivate = privateHosts.has(target.host);
    // Only a private host may have an IP address or no TLS. `lookup` cannot check an IP address: Node calls it for names only.
    if (!isPrivate && (isIpAddress(target.hostname) || target.protocol !== 'https:'))
      return faultAnswer('address-not-public');
    const deadline = AbortSignal.any([signal, clock.timeout(DEADLINE)]);
    const request = target.protocol === 'http:' ? requestPlain : requestOverTls;
    const outgoing = request(target, {
      method: 'POST',
      headers: { 'content-length': Buffer.byteLength(body), 'user-agent': 'On-the-Dot', ...headers },
      agent: false,
      lookup: publicLookup(isPrivate ? { ...resolver, isPublic: () => true } : resolver),
      signal: deadline,
      ...(ca !== undefined && { ca }),
    });
    const answered = Promise.withResolvers<PostAnswer>();
    let hasHead = false;
    // After the head of the answer has arrived, a broken body is no fault: the receiver may have accepted the message.
    const failWith = (fault: Fault) => {
      if (!hasHead) answered.resolve(faultAnswer(fault));
    };
    outgoing.on('error', (error) => failWith(classifyError(error, outgoing.socket)));
    // Node emits `close` last for every request, and nothing else if the answer switches protocols (101).
    outgoing.on('close', () => failWith(deadline.aborted ? 'timeout' : 'unreachable'));
    outgoing.on('response', async (response) => {
      hasHead = true;
      const text = readsBody ? await readBeginning(response) : '';
      answered.resolve(readAnswer(response, text, clock.now()));
      outgoing.destroy();
    });
    outgoing.end(body);
    return answered.promise;
  };

/** Reads the beginning of a body. If the connection breaks, returns what has arrived. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > BODY_LIMIT) break;
    }
  } catch {
    // A status without the rest of its body is an answer.
  }
  return text.slice(0, BODY_LIMIT);
}

const readAnswer = ({ statusCode = 0, headers }: IncomingMessage, body: string, now: number): PostAnswer => ({
  kind: 'answer',
  status: statusCode,
  retryAfter: readPause(headers['retry-after'], now),
  body,
});

/** Judges an answer by its status alone. @param gone the statuses after which the receiver wants no more messages. */
export function judgeStatus(answer: PostAnswer, gone: readonly number[]): SendResult {
  if (answer.kind === 'fault') return { kind: 'failed', fault: answer.fault, retryAfter: 0 };
  const { status, retryAfter } = answer;
  if (status >= 200 && status <= 299) return { kind: 'delivered' };
  const reason = `status-${status}`;
  return gone.includes(status) ? { kind: 'gone', fault: reason } : { kind: 'failed', fault: reason, retryAfter };
}

const faultAnswer = (fault: Fault): PostAnswer => ({ kind: 'fault', fault });

/** Reads a Retry-After header: seconds, or a date (RFC 9110). @returns milliseconds. */
function readPause(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const pause = /^\d+$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now;
  return Number.isNaN(pause) ? 0 : Math.min(Math.max(0, pause), LONGEST_PAUSE);
}

/** Node's error codes for a host name that cannot be resolved. */
const HOST_NOT_FOUND = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'];

function classifyError(error: Error, socket: object | null): Fault {
  if (error instanceof AddressNotPublic) return 'address-not-public';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  const code = 'code' in error ? String(error.code) : '';
  if (HOST_NOT_FOUND.includes(code)) return 'host-not-found';
  // Node sets it to the reason, such as UNABLE_TO_VERIFY_LEAF_SIGNATURE, on each connection whose certificate it refuses.
  const isCertificateRefused = socket !== null && 'authorizationError' in socket && socket.authorizationError !== null;
  return isCertificateRefused ? 'certificate-invalid' : 'unreachable';
}
