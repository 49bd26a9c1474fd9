import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { SECURITY_HEADERS } from '../catalog/browser-headers.ts';
import { Admission, ByteBudget } from './admission.ts';
import { matchRoute, toHttpEvent } from './api-gateway-event.ts';
import { applyCors } from './cors.ts';
import type { InvocationResult } from './lambda-runner.ts';
import { type ServerLimits, startLimitedServer } from './limited-server.ts';
import { type Reach, THIS_MACHINE } from './reach.ts';
import { sourceAddress } from './source-address.ts';

export type GatewayOptions = {
  readonly port: number;
  /** The address that the API listens on, and who reaches it; by default this machine alone. */
  readonly reach?: Reach;
  readonly invoke: (name: string, event: unknown) => Promise<InvocationResult>;
  /** Serves the pages that only the local stack has. @returns false for any other request. */
  readonly servePage?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** How long a function may take to answer, in milliseconds. */
  readonly limitMs?: number;
  readonly clock?: Clock;
  /** Returns the host of PUBLIC_URL, which requests may name besides this machine's. */
  readonly publicHost?: () => string | undefined;
  /** The origins whose pages may use the API; none by default. */
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<typeof LIMITS & ServerLimits>;
  readonly log?: (line: string) => void;
};

/** What all clients together may take of this machine. */
const LIMITS = {
  /** How many functions may run at once for requests. */
  running: 16,
  /** How many requests may wait until one of those has ended. */
  waiting: 256,
  /** The bytes of all bodies that are in memory at once. */
  bodyBytes: 64 * 1024 * 1024,
};

/** The largest body that reaches a function, in bytes: Lambda's limit for a payload. API Gateway itself accepts 10 MB. */
const MAX_BODY = 6 * 1024 * 1024;
/** How much of a too large body the gateway reads before it closes the connection, in bytes. */
const MAX_DRAINED = 64 * 1024 * 1024;

/** How long API Gateway waits for a function, in milliseconds. */
const INTEGRATION_LIMIT = 30 * SECOND;

/** Starts the HTTP API on this machine. It converts requests to events of payload format 2.0, and results to answers. */
export async function startGateway({
  port,
  reach = THIS_MACHINE,
  invoke,
  servePage,
  limitMs = INTEGRATION_LIMIT,
  clock = systemClock,
  publicHost = () => undefined,
  corsOrigins = [],
  limits,
  log = () => undefined,
}: GatewayOptions) {
  const bounds = { ...LIMITS, ...limits };
  const admission = new Admission(bounds);
  const invokeInTime: Invoke = (name, event) =>
    admission.run(() => withLimit(invoke(name, event), limitMs)).then((result) => result ?? BUSY);
  const bodies = new ByteBudget(bounds.bodyBytes);
  const handling = { invoke: invokeInTime, clock, bodies, isTrustedProxy: reach.isTrustedProxy };
  async function route(request: IncomingMessage, response: ServerResponse, isKnownHost: boolean): Promise<void> {
    // Functions set these headers themselves; the gateway's own answers and the local pages need them too.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!isKnownHost) return sendProblem(response, 421, 'invalid-request', 'The Host header names another machine');
    if (applyCors(corsOrigins, request, response)) return;
    if (!servePage?.(request, response)) await handle(request, response, handling);
  }
  return startLimitedServer({ port, reach, limits, publicHost, log }, (request, response, isKnownHost) => {
    route(request, response, isKnownHost).catch(() => {
      if (response.headersSent) response.destroy();
      else sendProblem(response, 500, 'internal', 'Internal error');
    });
  });
}

type Invoke = GatewayOptions['invoke'];
type HandleOptions = Pick<Reach, 'isTrustedProxy'> & {
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly bodies: ByteBudget;
};

async function handle(request: IncomingMessage, response: ServerResponse, options: HandleOptions): Promise<void> {
  const { bodies } = options;
  const { chunks, bytes, refusal } = await readBody(request, bodies);
  try {
    if (refusal === 'too-large') sendProblem(response, 413, 'payload-too-large', 'Request body too large');
    else if (refusal === 'busy') sendBusy(response);
    else await answer(request, response, Buffer.concat(chunks), options);
  } finally {
    bodies.giveBack(bytes);
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { invoke, clock, isTrustedProxy }: HandleOptions,
): Promise<void> {
  const match = matchRoute(request.method ?? 'GET', request.url ?? '/');
  if (!match) return sendProblem(response, 400, 'invalid-request', 'The path is not well-formed');
  const event = toHttpEvent(request, body, match, {
    id: randomUUID(),
    receivedAt: clock.now(),
    sourceIp: sourceAddress(request, isTrustedProxy),
  });
  const { payload, functionError } = await invoke(match.function, event);
  if (functionError === BUSY.functionError) return sendBusy(response);
  // A function was too slow, not AimHarder. But `upstream-timeout` is the service's only code for 504.
  if (functionError === TIMED_OUT)
    return sendProblem(response, 504, 'upstream-timeout', 'The function did not answer in time');
  if (functionError !== undefined) return sendProblem(response, 500, 'internal', 'Internal error');
  response.setHeader('date', new Date(clock.now()).toUTCString());
  sendResult(request, response, payload);
}

type ReadBody = {
  readonly chunks: readonly Buffer[];
  /** How many bytes the chunks take of the budget. */
  readonly bytes: number;
  readonly refusal?: 'too-large' | 'busy';
};

/**
 * Reads a request's body. Of a body that is refused, reads and drops up to `MAX_DRAINED`: a client does not see the answer
 * if its connection is closed while it sends.
 */
async function readBody(request: IncomingMessage, bodies: ByteBudget): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let [bytes, taken] = [0, 0];
  let refusal: ReadBody['refusal'];
  try {
    for await (const chunk of request) {
      const buffer = Buffer.from(chunk);
      bytes += buffer.length;
      if (bytes > MAX_DRAINED) break;
      if (bytes > MAX_BODY) refusal = 'too-large';
      if (!refusal) {
        taken += buffer.length;
        if (!bodies.take(buffer.length)) refusal = 'busy';
      }
      if (refusal) chunks.length = 0;
      else chunks.push(buffer);
    }
  } catch (error) {
    bodies.giveBack(taken);
    throw error;
  }
  return { chunks, bytes: taken, ...(refusal && { refusal }) };
}

const TIMED_OUT = 'Timeout';
/** The result of a request that was not admitted. */
const BUSY: InvocationResult = { payload: null, functionError: 'Busy' };

/** Waits for a result until the limit; after it, the result is TIMED_OUT. */
async function withLimit(result: Promise<InvocationResult>, limitMs: number): Promise<InvocationResult> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<InvocationResult>((resolve) => {
    timer = setTimeout(() => resolve({ payload: null, functionError: TIMED_OUT }), limitMs);
  });
  return Promise.race([result, limit]).finally(() => clearTimeout(timer));
}

const HttpResult = z.object({
  statusCode: z.int(),
  headers: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  cookies: z.optional(z.array(z.string())),
  body: z.optional(z.string()),
  isBase64Encoded: z.optional(z.boolean()),
});

/** Sends a function's result (payload format 2.0). A result without a statusCode is the JSON body of a 200. */
function sendResult(request: IncomingMessage, response: ServerResponse, payload: unknown): void {
  const result = HttpResult.safeParse(payload);
  if (!result.success) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(payload));
    return;
  }
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded = false } = result.data;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies) response.setHeader('set-cookie', cookies);
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > 0) response.setHeader('content-length', bytes.length);
  response.writeHead(statusCode);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Answers as API Gateway's throttle does. */
function sendBusy(response: ServerResponse): void {
  response.setHeader('retry-after', '1');
  sendProblem(response, 429, 'too-many-requests', 'Too many requests at once');
}

function sendProblem(response: ServerResponse, status: number, code: string, title: string): void {
  const [type, instance] = [`urn:on-the-dot:problem:${code}`, `urn:request:${randomUUID()}`];
  const body = JSON.stringify({ type, title, status, code, detail: `${title}.`, instance });
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(body);
}
