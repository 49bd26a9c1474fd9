import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';

/** AimHarder gave no answer that could be used. Messages hold nothing that was sent or received. */
export class UpstreamFailure extends AppError {
  override readonly name = 'UpstreamFailure';
  /** False only when the request certainly never left: nobody knows, otherwise, whether it took effect. */
  readonly mayHaveBeenSent: boolean;

  constructor(
    code: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-rejected',
    message: string,
    { mayHaveBeenSent, ...options }: ErrorOptions & { readonly mayHaveBeenSent: boolean },
  ) {
    super(code, message, options);
    this.mayHaveBeenSent = mayHaveBeenSent;
  }
}

/** A request as it will be written, built before the moment it is needed. */
export type Prepared = {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
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
  /** When the request was handed to an open connection, and when the answer's head came; on the monotonic clock. */
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** Which of the transport's connections it went over. */
  readonly connection: number;
};

/** Longest wait for an answer with its whole body, in milliseconds. AimHarder takes 0.4 to 1.7 s, with spikes to 8 s. */
export const ANSWER_DEADLINE = 8 * SECOND;

/** Largest body read, in bytes. A day's timetable is some tens of kB. */
const MAX_BODY_BYTES = 2_000_000;

/** A request that is ready to be sent, once. */
export type Built = {
  /** Whether its connection was lost before it was sent. */
  lost(): boolean;
  send(signal: AbortSignal): Promise<Exchange>;
};

export type Transport = {
  build(request: Prepared): Built;
  exchange(request: Prepared, signal: AbortSignal): Promise<Exchange>;
  /** How many connections it has opened, and whether the last of them is still open. */
  connections(): { readonly opened: number; readonly open: boolean };
  close(): void;
};

/**
 * Sends requests over connections that are kept open, each request once: what may have been sent is never sent again here.
 *
 * @throws UpstreamFailure from `exchange` and `send`.
 */
export function transport(clock: Clock, connections: number): Transport {
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' } as const;
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  let opened = 0;
  let last: Socket | undefined;
  const numbers = new WeakMap<Socket, number>();
  const numberOf = (socket: Socket): number => {
    const known = numbers.get(socket);
    if (known !== undefined) return known;
    last = socket;
    opened += 1;
    numbers.set(socket, opened);
    return opened;
  };
  return {
    build: (request) => build({ clock, agents, numberOf }, request),
    exchange: (request, signal) => build({ clock, agents, numberOf }, request).send(signal),
    connections: () => ({ opened, open: last !== undefined && !last.destroyed && last.writable }),
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

type Agents = { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

type Wires = { readonly clock: Clock; readonly agents: Agents; readonly numberOf: (socket: Socket) => number };

/**
 * Builds a request and waits: what is left to do at its instant is to write it. Until then it occupies a connection, which
 * may be lost meanwhile.
 */
function build({ clock, agents, numberOf }: Wires, request: Prepared): Built {
  const secure = request.url.protocol === 'https:';
  const answer = Promise.withResolvers<Exchange>();
  // It may fail before anybody waits for it.
  answer.promise.catch(() => undefined);
  let sentAt: Instant | undefined;
  let [connection, ready, released, answered, givenUp, lost] = [0, false, false, false, false, false];
  const outgoing = (secure ? https : http).request(request.url, {
    method: request.method,
    headers: request.headers,
    agent: secure ? agents['https:'] : agents['http:'],
  });
  const fail = (cause: unknown) => {
    lost = true;
    answer.reject(failureFrom(cause, givenUp, sentAt !== undefined));
  };
  const open = () => {
    ready = true;
    if (released) sentAt ??= clock.monotonic();
  };
  outgoing.on('error', fail);
  // The last event of every request, and the only one when the answer switches protocols (101).
  outgoing.on('close', () => {
    if (!answered) fail(new Error('closed without an answer'));
  });
  outgoing.on('socket', (socket) => {
    connection = numberOf(socket);
    if (!socket.connecting) open();
    else socket.once(secure ? 'secureConnect' : 'connect', open);
  });
  outgoing.on('response', (incoming) => {
    const answeredAt = clock.monotonic();
    answered = true;
    readBody(incoming).then((body) => {
      const { hostname: host } = request.url;
      answer.resolve({ ...headOf(incoming), host, body, sentAt: sentAt ?? answeredAt, answeredAt, connection });
    }, fail);
  });
  return {
    lost: () => lost,
    async send(signal) {
      const giveUp = () => {
        givenUp = true;
        outgoing.destroy();
        // The caller's patience does not depend on what the socket still emits.
        fail(undefined);
      };
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      const deadline = setTimeout(giveUp, ANSWER_DEADLINE);
      released = true;
      if (ready) sentAt = clock.monotonic();
      if (!givenUp) outgoing.end(request.body);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(deadline);
        signal.removeEventListener('abort', giveUp);
      }
    },
  };
}

async function readBody(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) {
      incoming.destroy();
      throw new UpstreamFailure('upstream-rejected', 'AimHarder sent an answer that is far too large.', {
        mayHaveBeenSent: true,
      });
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function headOf({ statusCode = 0, headers }: http.IncomingMessage) {
  const date = Date.parse(headers.date ?? '');
  return {
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    setCookies: headers['set-cookie'] ?? [],
    date: Number.isNaN(date) || headers.age !== undefined ? undefined : date,
  };
}

function failureFrom(cause: unknown, givenUp: boolean, mayHaveBeenSent: boolean): UpstreamFailure {
  if (cause instanceof UpstreamFailure) return cause;
  const options = { mayHaveBeenSent, cause: plain(cause) };
  if (givenUp) return new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', options);
  return new UpstreamFailure('upstream-unreachable', 'AimHarder cannot be reached.', options);
}

/** Only the code: an error of the parser may carry bytes of the answer. */
function plain(cause: unknown): Error | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? undefined : new Error(code);
}
