import http from 'node:http';
import https from 'node:https';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { ConnectionMeter } from './connection-meter.ts';
import { readBody, readHead } from './read-answer.ts';
import { failureFrom } from './upstream-failure.ts';

/** A request with everything that will be written. */
export type Prepared = {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the request changes nothing at AimHarder, so that it may be sent twice. */
  readonly repeatable?: boolean;
};

export type Exchange = {
  readonly status: number;
  readonly contentType: string;
  readonly setCookies: readonly string[];
  /** The host that answered. */
  readonly host: string;
  readonly body: string;
  /** The answer's `Date`, unless a cache gave the answer. */
  readonly date: Instant | undefined;
  /** How long the answer asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** When the request was handed to an open connection; on the monotonic clock. */
  readonly sentAt: Instant;
  /** When the head of the answer came; on the monotonic clock. */
  readonly answeredAt: Instant;
  /** The number of the connection that it went over. */
  readonly connection: number;
  /** How long that connection took to open (`ConnectionMeter`). */
  readonly connectMs: number | undefined;
};

/**
 * Longest wait for an answer with its whole body, in milliseconds. AimHarder takes 400 to 1 750 at an opening
 * (README, "The booking request").
 */
export const ANSWER_DEADLINE = 8 * SECOND;

/** The status by which a server says that it waited for a request in vain (RFC 9110, 15.5.9). */
const REQUEST_TIMEOUT = 408;

/** A request that is built and can be sent once. */
export type BuiltRequest = {
  /** Whether its connection was lost before it was sent. */
  lost(): boolean;
  send(signal: AbortSignal): Promise<Exchange>;
};

export type Transport = {
  build(request: Prepared): BuiltRequest;
  exchange(request: Prepared, signal: AbortSignal): Promise<Exchange>;
  /** How many connections it has opened, whether the last of them is still open, and whether a request waits for its answer. */
  connections(): { readonly opened: number; readonly open: boolean; readonly busy: boolean };
  close(): void;
};

/**
 * Sends requests over connections that are kept open. Each request is sent once: what may have been sent is never sent
 * again. The exception is a read that meets a kept connection which the server has closed meanwhile.
 *
 * @param connections the most that are open at once to one host.
 * @throws UpstreamFailure from `exchange` and `send`.
 */
export function transport(clock: Clock, connections: number): Transport {
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' } as const;
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  const sockets = new ConnectionMeter(clock);
  const build = (request: Prepared) => new OutgoingRequest({ clock, agents, sockets }, request);
  return {
    build,
    async exchange(request, signal) {
      // Each turn uses up one dead connection; a new connection ends the loop.
      for (;;) {
        const built = build(request);
        try {
          return await built.send(signal);
        } catch (error) {
          if (!request.repeatable || !built.foundDeadConnection()) throw error;
        }
      }
    },
    connections: () => ({ opened: sockets.opened, open: sockets.isLastOpen(), busy: sockets.waiting > 0 }),
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
 * Builds a request at once, so that at its instant it only has to be written. From then on it occupies a connection,
 * which may be lost before the request is sent.
 */
class OutgoingRequest implements BuiltRequest {
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #body: string | undefined;
  readonly #outgoing: http.ClientRequest;
  readonly #sockets: ConnectionMeter;
  readonly #answer = Promise.withResolvers<Exchange>();
  #sentAt: Instant | undefined;
  /** The number of its connection; 0 before it has one. */
  #connection = 0;
  #connected = false;
  #released = false;
  #answered = false;
  #givenUp = false;
  #failed = false;

  constructor({ clock, agents, sockets }: Network, { url, method, headers, body }: Prepared) {
    const secure = url.protocol === 'https:';
    this.#clock = clock;
    this.#sockets = sockets;
    this.#url = url;
    this.#body = body;
    // It may fail before anybody waits for it.
    this.#answer.promise.catch(() => undefined);
    this.#outgoing = (secure ? https : http).request(url, {
      method,
      headers,
      agent: secure ? agents['https:'] : agents['http:'],
    });
    this.#outgoing.on('error', (error) => this.#fail(error));
    // The last event of every request, and the only one when the answer switches protocols (101).
    this.#outgoing.on('close', () => {
      if (!this.#answered) this.#fail(new Error('closed without an answer'));
    });
    this.#outgoing.on('socket', (socket) => {
      this.#connection = sockets.numberOf(socket);
      if (!socket.connecting) this.#onConnected();
      else socket.once(secure ? 'secureConnect' : 'connect', () => this.#onConnected());
    });
    this.#outgoing.on('response', (incoming) => this.#onResponse(incoming));
  }

  lost(): boolean {
    return this.#failed;
  }

  /** Whether it failed because the connection, which an earlier request had used, was dead: no byte of an answer came. */
  foundDeadConnection(): boolean {
    return this.#failed && this.#outgoing.reusedSocket && !this.#answered && !this.#givenUp;
  }

  async send(signal: AbortSignal): Promise<Exchange> {
    const giveUp = () => this.#giveUp();
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    this.#released = true;
    if (this.#connected) this.#markSent();
    if (!this.#givenUp) this.#outgoing.end(this.#body);
    const deadline = this.#clock.timeout(ANSWER_DEADLINE);
    deadline.addEventListener('abort', giveUp, { once: true });
    try {
      return await this.#answer.promise;
    } finally {
      if (this.#sentAt !== undefined) this.#sockets.waiting -= 1;
      deadline.removeEventListener('abort', giveUp);
      signal.removeEventListener('abort', giveUp);
    }
  }

  #onConnected(): void {
    this.#connected = true;
    if (this.#released) this.#markSent();
  }

  #markSent(): void {
    if (this.#sentAt !== undefined || this.#failed) return;
    this.#sentAt = this.#clock.monotonic();
    this.#sockets.waiting += 1;
  }

  #onResponse(incoming: http.IncomingMessage): void {
    const answeredAt = this.#clock.monotonic();
    if (!this.#released || incoming.statusCode === REQUEST_TIMEOUT) {
      this.#onUnsolicited();
      return;
    }
    this.#answered = true;
    const connectMs = this.#sockets.connectMsOf(this.#outgoing.socket);
    const { hostname: host } = this.#url;
    readBody(incoming).then(
      (body) => {
        const sentAt = this.#sentAt ?? answeredAt;
        const connection = this.#connection;
        this.#answer.resolve({ ...readHead(incoming), host, body, sentAt, answeredAt, connection, connectMs });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** An answer before the request was sent, or one that says that no request came, is no answer to it: it was not received. */
  #onUnsolicited(): void {
    this.#outgoing.destroy();
    this.#fail(undefined, false);
  }

  #giveUp(): void {
    this.#givenUp = true;
    this.#outgoing.destroy();
    // The caller does not wait for what the socket still emits.
    this.#fail(undefined);
  }

  #fail(cause: unknown, mayHaveBeenSent = this.#sentAt !== undefined): void {
    this.#failed = true;
    this.#answer.reject(failureFrom(cause, this.#givenUp, mayHaveBeenSent));
  }
}
