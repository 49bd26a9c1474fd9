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
  /** The address that the API listens on, and who can reach it; by default only this machine. */
  readonly reach?: Reach;
  /** Invokes the function of that name. */
  readonly invoke: (name: string, event: unknown) => Promise<InvocationResult>;
  /** Serves the pages that only the local stack has. @returns false for any other request. */
  readonly serveLocalPage?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** How long a function may take to answer, in milliseconds. */
  readonly limitMs?: number;
  readonly clock?: Clock;
  /** Returns the host of PUBLIC_URL. The Host header of a request may name it, or this machine. */
  readonly publicHost?: () => string | undefined;
  /** The origins whose pages may use the API; none by default. */
  readonly corsOrigins?: readonly string[];
  readonly limits?: Partial<typeof LIMITS & ServerLimits>;
  readonly log?: (line: string) => void;
};

/** How much of this machine all clients together may use. */
const LIMITS = {
  /** How many functions may run at once for requests. */
  running: 16,
  /** How many further requests may wait. */
  waiting: 256,
  /** How many bytes of requests' bodies may be in memory at once. */
  bodyBytes: 64 * 1024 * 1024,
};

/** The largest body that reaches a function, in bytes: Lambda's limit for a payload. API Gateway itself accepts 10 MB. */
const MAX_BODY = 6 * 1024 * 1024;
/** How much of a refused body the gateway reads before it closes the connection, in bytes. */
const MAX_DRAINED = 64 * 1024 * 1024;

/** How long API Gateway waits for a function, in milliseconds. */
const INTEGRATION_LIMIT = 30 * SECOND;

/** Starts the HTTP API on this machine. It converts requests to events of payload format 2.0, and results to answers. */
export async function startGateway({
  port,
  reach = THIS_MACHINE,
  invoke,
  serveLocalPage,
  limitMs = INTEGRATION_LIMIT,
  clock = systemClock,
  publicHost = () => undefined,
  corsOrigins = [],
  limits,
  log = () => undefined,
}: GatewayOptions) {
  const { running, waiting, bodyBytes } = { ...LIMITS, ...limits };
  const admission = new Admission({ running, waiting });
  const invokeIfAdmitted: Invoke = async (name, event) =>
    (await admission.run(() => withTimeLimit(invoke(name, event), limitMs))) ?? BUSY;
  const bodies = new ByteBudget(bodyBytes);
  const handleOptions = { invoke: invokeIfAdmitted, clock, bodies, isTrustedProxy: reach.isTrustedProxy };
  async function route(request: IncomingMessage, response: ServerResponse, isKnownHost: boolean): Promise<void> {
    // Functions set these headers themselves; the gateway's own answers and the local pages need them too.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!isKnownHost) return sendProblem(response, 421, 'invalid-request', 'The Host header names another machine');
    if (applyCors(corsOrigins, request, response)) return;
    if (!serveLocalPage?.(request, response)) await handle(request, response, handleOptions);
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
    bodies.release(bytes);
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
  const result = await invoke(match.function, event);
  const { payload, functionError } = result;
  if (functionError === BUSY.functionError) return sendBusy(response);
  // The function was too slow, not AimHarder. But `upstream-timeout` is the service's only code for 504.
  if (hasTimedOut(result)) return sendProblem(response, 504, 'upstream-timeout', 'The function did not answer in time');
  if (functionError !== undefined) return sendProblem(response, 500, 'internal', 'Internal error');
  response.setHeader('date', new Date(clock.now()).toUTCString());
  sendResult(request, response, payload);
}

type ReadBody = {
  readonly chunks: readonly Buffer[];
  /** How many bytes of the budget this body uses; the caller releases them. */
  readonly bytes: number;
  readonly refusal?: 'too-large' | 'busy';
};

/**
 * Reads a request's body. If the body is refused, the rest is read and dropped, up to `MAX_DRAINED`. If the connection were
 * closed while the client sends, the client would not see the answer.
 */
async function readBody(request: IncomingMessage, bodies: ByteBudget): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let received = 0;
  let budgeted = 0;
  let refusal: ReadBody['refusal'];
  try {
    for await (const chunk of request) {
      const buffer = Buffer.from(chunk);
      received += buffer.length;
      if (received > MAX_DRAINED) break;
      if (received > MAX_BODY) refusal = 'too-large';
      if (!refusal) {
        budgeted += buffer.length;
        if (!bodies.add(buffer.length)) refusal = 'busy';
      }
      if (refusal) chunks.length = 0;
      else chunks.push(buffer);
    }
  } catch (error) {
    bodies.release(budgeted);
    throw error;
  }
  return { chunks, bytes: budgeted, ...(refusal && { refusal }) };
}

/** The error of a function that has exceeded the gateway's time limit. */
const TIMED_OUT = 'Timeout';
/** The result of a request that was not admitted. */
const BUSY: InvocationResult = { payload: null, functionError: 'Busy' };

/** How Lambda describes a function that has exceeded its own time limit, which is shorter than the gateway's. */
const FunctionTimeout = z.object({ errorType: z.literal('Sandbox.Timedout') });

/** Checks whether the function's time limit has passed, or the gateway's, which passes first if the function starts late. */
const hasTimedOut = ({ functionError, payload }: InvocationResult): boolean =>
  functionError === TIMED_OUT || (functionError !== undefined && FunctionTimeout.safeParse(payload).success);

/** Waits for a result for at most `limitMs` milliseconds, and then returns the error TIMED_OUT instead. */
async function withTimeLimit(result: Promise<InvocationResult>, limitMs: number): Promise<InvocationResult> {
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

/** Sends a function's result (payload format 2.0). A result without a statusCode is sent as the JSON body of an answer 200. */
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
  const type = `urn:on-the-dot:problem:${code}`;
  const instance = `urn:request:${randomUUID()}`;
  const body = JSON.stringify({ type, title, status, code, detail: `${title}.`, instance });
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(body);
}
