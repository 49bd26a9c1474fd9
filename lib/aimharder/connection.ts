import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Answer } from './clock.ts';
import { type Cookie, cookieHeader } from './cookies.ts';
import { boxUrl, type Origins } from './origins.ts';

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

export type Transport = {
  exchange(request: Prepared, signal: AbortSignal): Promise<Exchange>;
  /** How many connections it has opened, and whether the last of them is still open. */
  connections(): { readonly opened: number; readonly open: boolean };
  close(): void;
};

/**
 * Sends requests over connections that are kept open, each request once: what may have been sent is never sent again here.
 *
 * @throws UpstreamFailure from `exchange`.
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
    exchange: (request, signal) => exchangeOnce({ clock, agents, numberOf }, request, signal),
    connections: () => ({ opened, open: last !== undefined && !last.destroyed && last.writable }),
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

type Agents = { readonly 'http:': http.Agent; readonly 'https:': https.Agent };

type Wires = { readonly clock: Clock; readonly agents: Agents; readonly numberOf: (socket: Socket) => number };

function exchangeOnce({ clock, agents, numberOf }: Wires, request: Prepared, signal: AbortSignal): Promise<Exchange> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_DEADLINE)]);
  const secure = request.url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let sentAt: Instant | undefined;
    let connection = 0;
    const fail = (cause: unknown) => reject(failureFrom(cause, patience, sentAt !== undefined));
    const sent = () => {
      sentAt ??= clock.monotonic();
    };
    const outgoing = (secure ? https : http).request(request.url, {
      method: request.method,
      headers: request.headers,
      agent: secure ? agents['https:'] : agents['http:'],
      signal: patience,
    });
    outgoing.on('error', fail);
    outgoing.on('socket', (socket) => {
      connection = numberOf(socket);
      if (!socket.connecting) sent();
      else socket.once(secure ? 'secureConnect' : 'connect', sent);
    });
    outgoing.on('response', (incoming) => {
      const answeredAt = clock.monotonic();
      readBody(incoming).then(
        (body) => resolve({ ...headOf(incoming), body, sentAt: sentAt ?? answeredAt, answeredAt, connection }),
        fail,
      );
    });
    outgoing.end(request.body);
  });
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

function failureFrom(cause: unknown, patience: AbortSignal, mayHaveBeenSent: boolean): UpstreamFailure {
  if (cause instanceof UpstreamFailure) return cause;
  const options = { mayHaveBeenSent, cause: plain(cause) };
  if (patience.aborted) return new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', options);
  return new UpstreamFailure('upstream-unreachable', 'AimHarder cannot be reached.', options);
}

/** Only the code: an error of the parser may carry bytes of the answer. */
function plain(cause: unknown): Error | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? undefined : new Error(code);
}

/** A connection to one box, for one pre-booking: its probes find AimHarder's clock, then it carries the shot. */
export type Connection = {
  readonly origins: Origins;
  exchange(request: Prepared, signal: AbortSignal): Promise<Exchange>;
  /** Asks for something cheap, as the session would whose cookies these are. */
  probe(cookies: readonly Cookie[], signal: AbortSignal): Promise<Answer>;
  /** Keeps the connection from idling out, and opens another one to fall back on. What comes back does not matter. */
  warm(cookies: readonly Cookie[], signal: AbortSignal): Promise<void>;
  /** Tells the way that a request would go now: a connection opened anew may have another one, unmeasured. */
  way(): string;
  close(): void;
};

export function openConnection({
  origins,
  box,
  clock,
}: {
  readonly origins: Origins;
  readonly box: string;
  readonly clock: Clock;
}): Connection {
  const [main, spare] = [transport(clock, 1), transport(clock, 1)];
  const current = () => (main.connections().open || !spare.connections().open ? main : spare);
  const ping = (over: Transport, cookies: readonly Cookie[], signal: AbortSignal) =>
    over.exchange(cheapRequest(origins, box, cookies), signal);
  return {
    origins,
    exchange: (request, signal) => current().exchange(request, signal),
    probe: (cookies, signal) => ping(main, cookies, signal),
    async warm(cookies, signal) {
      await Promise.allSettled([ping(main, cookies, signal), ping(spare, cookies, signal)]);
    },
    way: () => `${current() === main ? 'main' : 'spare'} ${current().connections().opened}`,
    close() {
      main.close();
      spare.close();
    },
  };
}

/**
 * GET, because after a HEAD the connection may not be kept, and the shot would open another one. A file, because what is
 * made by a program takes longer between arrival and the stamp of its `Date`. Of the cookies, those that the balancer goes
 * by: the clock must be that of the server which will be asked for the place.
 */
function cheapRequest(origins: Origins, box: string, cookies: readonly Cookie[]): Prepared {
  const cookie = cookieHeader(cookies.filter(({ name }) => name.startsWith('AWSALB')));
  return {
    url: boxUrl(origins, box, '/favicon.ico'),
    method: 'GET',
    headers: { accept: '*/*', ...(cookie && { cookie }) },
  };
}
