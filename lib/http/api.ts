import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { AppError } from '../platform/errors.ts';
import { wrapInvocation } from '../platform/invocation.ts';
import { logger } from '../platform/logger.ts';
import { settleAll } from '../platform/settle-all.ts';
import { type DecodedRequest, decode, type RequestSchemas, requestSchema } from './decode.ts';
import { toAppError, toProblem } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type ApiRequest = {
  readonly event: APIGatewayProxyEventV2;
  /** Aborts shortly before the function's own timeout. */
  readonly signal: AbortSignal;
};

/** The answer of a route. The route builds the body field by field; it never answers with a stored item. */
export type Reply = {
  readonly status: number;
  readonly body?: object;
  /** A body that is not JSON. `headers` must name its content-type. */
  readonly text?: string;
  /** A body of bytes, in base64. `headers` must name its content-type. */
  readonly base64?: string;
  readonly headers?: Record<string, string>;
};

type Route = (request: ApiRequest) => Promise<Reply>;

/** How long before the function's timeout a request is aborted, in milliseconds: time to send the answer. */
const GIVE_UP_MARGIN = 500;

/**
 * Wraps a route: adds problem responses, security headers, one log line, and an abort before the timeout. Answers HEAD without a
 * body. `api` does not decode the request, so only the route for unknown paths uses it directly; all others use `publicApi` or
 * `memberApi`.
 */
export function api(route: Route) {
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    timeoutEarlyInMillis: GIVE_UP_MARGIN,
    timeoutEarlyResponse: () => {
      throw new AppError('upstream-timeout', 'The request took too long. Check what it has done before you try again.');
    },
  })
    .handler(async (event, _context, { signal }) => toResponse(await route({ event, signal })))
    .after(({ event, response }) => {
      logger.info('answered', { route: event.routeKey, status: response?.statusCode });
    })
    .onError((request) => {
      const { event, error, context } = request;
      const failure = toAppError(error);
      const problem = toProblem(failure, context.awsRequestId);
      if (error instanceof AppError)
        logger.info('answered', { route: event.routeKey, status: problem.status, code: problem.code });
      else logger.error('unexpected-error', error, { route: event.routeKey });
      request.response = {
        statusCode: problem.status,
        headers: problemHeaders(problem.status, failure),
        body: JSON.stringify(problem),
      };
    });
  return wrapInvocation(async (event: APIGatewayProxyEventV2, context: Context) => {
    const response = withSecurityHeaders(await handler(event, context));
    return event.requestContext.http.method === 'HEAD' ? withoutBody(response) : response;
  });
}

/** Wraps a route that needs no login. The route gets the decoded request, and runs only if the schemas accept it. */
export function publicApi<Schemas extends RequestSchemas>(
  schemas: Schemas,
  route: (request: ApiRequest & DecodedRequest<Schemas>) => Promise<Reply>,
) {
  const schema = requestSchema(schemas);
  return api(async (request) => route({ ...request, ...decode(request.event, schema) }));
}

type Handler = ReturnType<typeof api>;

/** Combines the routes of one function into one handler. @param handlers by route, as "METHOD /path/{parameter}". */
export const byRoute =
  (handlers: Readonly<Record<string, Handler>>): Handler =>
  async (event, context) => {
    const handler = handlers[event.routeKey];
    if (!handler) throw new Error(`This function has no route ${event.routeKey}.`);
    return handler(event, context);
  };

/** Decides whether a request may go on: finds out who calls, and limits how often each member calls. */
export type Gate<Caller> = {
  /** @throws AppError unauthenticated. */
  authenticate(bearer: string | undefined): Promise<Caller>;
  /**
   * Counts the caller's request.
   *
   * @returns a promise that resolves when the count is written. The write runs beside the route.
   * @throws AppError too-many-requests. Throws synchronously, so that the route does not begin.
   */
  count(caller: Caller): Promise<void>;
};

/** Wraps a route that needs a login. The gate finds the caller by the bearer token before the request is decoded. */
export function memberApi<Caller, Schemas extends RequestSchemas>(
  gate: Gate<Caller>,
  schemas: Schemas,
  route: (request: ApiRequest & DecodedRequest<Schemas>, caller: Caller) => Promise<Reply>,
) {
  const schema = requestSchema(schemas);
  return api(async (request) => {
    const caller = await gate.authenticate(bearerOf(request.event));
    const counted = gate.count(caller);
    const runRoute = async () => route({ ...request, ...decode(request.event, schema) }, caller);
    const [reply] = await settleAll([runRoute(), counted]);
    return reply;
  });
}

/** Reads the bearer token of the Authorization header, if there is one. */
export function bearerOf(event: APIGatewayProxyEventV2): string | undefined {
  return /^Bearer +([^ ,]+)$/i.exec(event.headers['authorization'] ?? '')?.[1];
}

function toResponse({ status, body, text, base64, headers }: Reply): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) {
    return {
      statusCode: status,
      headers: { 'cache-control': 'no-store', ...headers },
      ...(text && { body: text }),
      ...(base64 !== undefined && { body: base64, isBase64Encoded: true }),
    };
  }
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

const withSecurityHeaders = (response: APIGatewayProxyStructuredResultV2): APIGatewayProxyStructuredResultV2 => ({
  ...response,
  headers: { ...response.headers, ...SECURITY_HEADERS },
});

/** Converts an answer to GET into the answer to HEAD: the same headers and the body's length, without the body (RFC 9110). */
function withoutBody({
  body,
  isBase64Encoded = false,
  ...head
}: APIGatewayProxyStructuredResultV2): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return head;
  const length = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
  return { ...head, headers: { ...head.headers, 'content-length': length } };
}

function problemHeaders(status: number, { retryAfter }: AppError): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  };
}
