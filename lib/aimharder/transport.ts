import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { ConnectionMeter } from './connection-meter.ts';
import { readBody, readHead } from './read-answer.ts';
import { failureFrom } from './upstream-failure.ts';

/** A complete request. */
export type PreparedRequest = {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the request changes nothing at AimHarder, so that it may be sent twice. */
  readonly repeatable?: boolean;
};

/** An answer, with the times and the connection of its request. */
export type Exchange = {
  readonly status: number;
  readonly contentType: string;
  readonly setCookies: readonly string[];
  /** The host that answered. */
  readonly host: string;
  readonly body: string;
  /** The answer's `Date`; undefined if there is none, or if a cache answered. */
  readonly date: Instant | undefined;
  /** How long the answer asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** When the request was handed to an open connection; on the monotonic clock. */
  readonly sentAt: Instant;
  /** When the head of the answer arrived; on the monotonic clock. */
  readonly answeredAt: Instant;
  /** The number of the request's connection. */
  readonly connection: number;
  /** How long that connection took to open, in milliseconds; undefined if that was not measured (`ConnectionMeter`). */
  readonly connectMs: number | undefined;
  /** The IP address that the connection leads to. */
  readonly address?: string | undefined;
};

/**
 * The longest wait for an answer with its whole body, in milliseconds. At an opening, AimHarder takes 400 to 1,750 ms to answer
 * (README, "The booking request").
 */
export const ANSWER_DEADLINE = 8 * SECOND;

/** The status that a server sends if it has received no request in time (RFC 9110, 15.5.9). */
const REQUEST_TIMEOUT = 408;

/** A request that is built and can be sent once. */
export type BuiltRequest = {
  /** Checks, before `send`, whether the connection was lost. */
  isLost(): boolean;
  send(signal: AbortSignal): Promise<Exchange>;
};

export type Transport = {
  /** Builds a request, which occupies a connection at once and is sent later. */
  build(request: PreparedRequest): BuiltRequest;
  /** Sends a request at once. */
  exchange(request: PreparedRequest, signal: AbortSignal): Promise<Exchange>;
  /** How many connections were opened, whether the last of them is still open, and whether a request waits for its answer. */
  connections(): { readonly opened: number; readonly isOpen: boolean; readonly isBusy: boolean };
  close(): void;
};

/**
 * Creates a transport, which sends requests over connections that stay open. A request that may have reached AimHarder is
 * never sent again, except for a read (`repeatable`) over a connection that the server had closed.
 *
 * @param connections how many connections may be open at once to one host.
 * @param lookup resolves names; Node's by default.
 * @throws UpstreamFailure from `exchange` and `send`.
 */
export function transport(clock: Clock, connections: number, lookup?: LookupFunction): Transport {
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo', ...(lookup && { lookup }) } as const;
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  const sockets = new ConnectionMeter(clock);
  const build = (request: PreparedRequest) => new OutgoingRequest({ clock, agents, sockets }, request);
  return {
    build,
    async exchange(request, signal) {
      // Each failed round removes one dead connection. When none is left, a new one is opened.
      for (;;) {
        const built = build(request);
        try {
          return await built.send(signal);
        } catch (error) {
          if (!request.repeatable || !built.foundDeadConnection()) throw error;
        }
      }
    },
    connections: () => ({ opened: sockets.opened, isOpen: sockets.isLastOpen(), isBusy: sockets.pendingRequests > 0 }),
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

type Network = {
  readonly clock: Clock;
  readonly agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };
  readonly sockets: ConnectionMeter;
};

/**
 * A request that occupies a connection as soon as it is built, so that sending it only takes a write. The connection may be
 * lost before the request is sent.
 */
class OutgoingRequest implements BuiltRequest {
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #body: string | undefined;
  readonly #outgoing: http.ClientRequest;
  readonly #sockets: ConnectionMeter;
  readonly #answer = Promise.withResolvers<Exchange>();
  #sentAt: Instant | undefined;
  /** The number of the request's connection; 0 before the request has a connection. */
  #connection = 0;
  #isConnected = false;
  /** Whether `send` was called. */
  #isReleased = false;
  #isAnswered = false;
  #isGivenUp = false;
  #hasFailed = false;

  constructor({ clock, agents, sockets }: Network, { url, method, headers, body }: PreparedRequest) {
    const isSecure = url.protocol === 'https:';
    this.#clock = clock;
    this.#sockets = sockets;
    this.#url = url;
    this.#body = body;
    // The request may fail before `send` awaits it. Without a handler, Node would end the process.
    this.#answer.promise.catch(() => undefined);
    this.#outgoing = (isSecure ? https : http).request(url, {
      method,
      headers,
      agent: isSecure ? agents['https:'] : agents['http:'],
    });
    this.#outgoing.on('error', (error) => this.#fail(error));
    // Node emits `close` last for every request, and nothing else if the answer switches protocols (101).
    this.#outgoing.on('close', () => {
      if (!this.#isAnswered) this.#fail(new Error('closed without an answer'));
    });
    this.#outgoing.on('socket', (socket) => {
      this.#connection = sockets.register(socket);
      if (!socket.connecting) this.#onConnected();
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => this.#onConnected());
    });
    this.#outgoing.on('response', (incoming) => this.#onResponse(incoming));
  }

  isLost(): boolean {
    return this.#hasFailed;
  }

  /** Whether the request failed because its reused connection was dead, so that no answer came. */
  foundDeadConnection(): boolean {
    return this.#hasFailed && this.#outgoing.reusedSocket && !this.#isAnswered && !this.#isGivenUp;
  }

  async send(signal: AbortSignal): Promise<Exchange> {
    const giveUp = () => this.#giveUp();
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    this.#isReleased = true;
    if (this.#isConnected) this.#markSent();
    if (!this.#isGivenUp) this.#outgoing.end(this.#body);
    const deadline = this.#clock.timeout(ANSWER_DEADLINE);
    deadline.addEventListener('abort', giveUp, { once: true });
    try {
      return await this.#answer.promise;
    } finally {
      if (this.#sentAt !== undefined) this.#sockets.pendingRequests -= 1;
      deadline.removeEventListener('abort', giveUp);
      signal.removeEventListener('abort', giveUp);
    }
  }

  #onConnected(): void {
    this.#isConnected = true;
    if (this.#isReleased) this.#markSent();
  }

  #markSent(): void {
    if (this.#sentAt !== undefined || this.#hasFailed) return;
    this.#sentAt = this.#clock.monotonic();
    this.#sockets.pendingRequests += 1;
  }

  #onResponse(incoming: http.IncomingMessage): void {
    const answeredAt = this.#clock.monotonic();
    if (!this.#isReleased || incoming.statusCode === REQUEST_TIMEOUT) {
      this.#onUnsolicited();
      return;
    }
    this.#isAnswered = true;
    const connectMs = this.#sockets.connectMsOf(this.#outgoing.socket);
    const address = this.#outgoing.socket?.remoteAddress;
    const { hostname: host } = this.#url;
    readBody(incoming).then(
      (body) => {
        const sentAt = this.#sentAt ?? answeredAt;
        const connection = this.#connection;
        this.#answer.resolve({ ...readHead(incoming), host, body, sentAt, answeredAt, connection, connectMs, address });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /**
   * Handles an answer that is not to this request: it came before the request was sent, or has the status 408. AimHarder has
   * processed nothing.
   */
  #onUnsolicited(): void {
    this.#outgoing.destroy();
    this.#fail(undefined, false);
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#outgoing.destroy();
    // The caller must not wait until the socket reports its end.
    this.#fail(undefined);
  }

  #fail(cause: unknown, mayHaveTakenEffect = this.#sentAt !== undefined): void {
    this.#hasFailed = true;
    this.#answer.reject(failureFrom(cause, this.#isGivenUp, mayHaveTakenEffect));
  }
}
