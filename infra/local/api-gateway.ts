import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { matchRoute, toHttpEvent } from './api-gateway-event.ts';
import type { InvocationResult } from './lambda-runner.ts';
import { listenOnLoopback } from './loopback.ts';

export type GatewayOptions = {
  readonly port: number;
  readonly invoke: (name: string, event: unknown) => Promise<InvocationResult>;
  /** Serves the pages that only the local stack has. @returns false for any other request. */
  readonly servePage?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** How long a function may take to answer, in milliseconds. */
  readonly limitMs?: number;
  readonly clock?: Clock;
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
  invoke,
  servePage,
  limitMs = INTEGRATION_LIMIT,
  clock = systemClock,
}: GatewayOptions) {
  const invokeInTime: Invoke = (name, event) => withLimit(invoke(name, event), limitMs);
  const server = createServer((request, response) => {
    route(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendProblem(response, 500, 'internal', 'Internal error');
    });
  });
  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!servePage?.(request, response)) await handle(request, response, { invoke: invokeInTime, clock });
  }
  return listenOnLoopback(server, port);
}

type Invoke = GatewayOptions['invoke'];
type HandleOptions = { readonly invoke: Invoke; readonly clock: Clock };

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { invoke, clock }: HandleOptions,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return sendProblem(response, 413, 'payload-too-large', 'Request body too large');
  const match = matchRoute(request.method ?? 'GET', request.url ?? '/');
  if (!match) return sendProblem(response, 400, 'invalid-request', 'The path is not well-formed');
  const event = toHttpEvent(request, body, match, { id: randomUUID(), receivedAt: clock.now() });
  const { payload, functionError } = await invoke(match.function, event);
  // A function was too slow, not AimHarder. But `upstream-timeout` is the service's only code for 504.
  if (functionError === TIMED_OUT)
    return sendProblem(response, 504, 'upstream-timeout', 'The function did not answer in time');
  if (functionError !== undefined) return sendProblem(response, 500, 'internal', 'Internal error');
  sendResult(request, response, payload);
}

/**
 * Reads a request's body. Of a body that is too large, reads and drops up to `MAX_DRAINED`: a client does not see the answer
 * if its connection is closed while it sends.
 *
 * @returns undefined if the body is too large.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes <= MAX_BODY) chunks.push(buffer);
    else chunks.length = 0;
    if (bytes > MAX_DRAINED) break;
  }
  return bytes > MAX_BODY ? undefined : Buffer.concat(chunks);
}

const TIMED_OUT = 'Timeout';

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

function sendProblem(response: ServerResponse, status: number, code: string, title: string): void {
  const [type, instance] = [`urn:on-the-dot:problem:${code}`, `urn:request:${randomUUID()}`];
  const body = JSON.stringify({ type, title, status, code, detail: `${title}.`, instance });
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(body);
}
