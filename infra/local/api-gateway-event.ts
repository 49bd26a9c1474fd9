import type { IncomingMessage } from 'node:http';
import type { Instant } from '../../lib/platform/clock.ts';
import { FUNCTIONS } from '../catalog/functions.ts';

export type RouteMatch = {
  /** The name of the route's function. */
  readonly function: string;
  /** The route in the catalogue's form, such as `GET /v1/health`. */
  readonly routeKey: string;
  readonly path: string;
  readonly query: string;
  readonly parameters: Readonly<Record<string, string>>;
};

type Route = {
  readonly function: string;
  readonly routeKey: string;
  readonly method: string;
  readonly segments: readonly string[];
};

/** The routes of the catalogue. */
const ROUTES: readonly Route[] = Object.entries(FUNCTIONS).flatMap(([name, definition]) =>
  ('routes' in definition ? definition.routes : []).map((routeKey) => {
    const [method = '', path = ''] = routeKey.split(' ');
    return { function: name, routeKey, method, segments: path.split('/') };
  }),
);

/**
 * Finds the route of a request: the matching route with the fewest parameters, or `$default` if none matches.
 *
 * @returns undefined for a path that cannot be decoded.
 */
export function matchRoute(method: string, url: string): RouteMatch | undefined {
  const [path = '/', query = ''] = splitOnce(url, '?');
  const segments = decodeSegments(path);
  if (!segments) return undefined;
  const candidates = ROUTES.filter((route) => route.method === method && matchesPattern(route.segments, segments));
  const [best] = candidates.toSorted((left, right) => countParameters(left) - countParameters(right));
  const route = best ?? ROUTES.find(({ routeKey }) => routeKey === '$default');
  if (!route) return undefined;
  const parameters = route.segments.flatMap((segment, index) =>
    isParameter(segment) ? [[segment.slice(1, -1), segments[index] ?? ''] as const] : [],
  );
  return {
    function: route.function,
    routeKey: route.routeKey,
    path,
    query,
    parameters: Object.fromEntries(parameters),
  };
}

const isParameter = (segment: string): boolean => segment.startsWith('{');
const countParameters = ({ segments }: Route): number => segments.filter(isParameter).length;
const matchesPattern = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== '' : part === segments[index]));

function decodeSegments(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** Matches the content types whose bodies API Gateway passes as text. It encodes all other bodies in base64. */
const TEXT_TYPE = /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded|[\w.+-]*\+json))/i;

/**
 * Converts a request to an event of API Gateway's payload format 2.0. Cookies have a field of their own, repeated headers and
 * query values are joined by ",", and binary bodies are in base64.
 */
export function toHttpEvent(
  request: IncomingMessage,
  body: Buffer,
  match: RouteMatch,
  { id, receivedAt, sourceIp }: { readonly id: string; readonly receivedAt: Instant; readonly sourceIp: string },
) {
  const { cookie, ...distinctHeaders } = request.headersDistinct;
  const headers = joinHeaders(distinctHeaders);
  const parameters = parseQuery(match.query);
  const isText = TEXT_TYPE.test(headers['content-type'] ?? 'application/json');
  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: match.path,
    rawQueryString: match.query,
    ...(cookie !== undefined && { cookies: cookie.flatMap((line) => line.split(/;\s*/)) }),
    headers,
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    ...(Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: match.path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: id,
      routeKey: match.routeKey,
      stage: '$default',
      time: new Date(receivedAt).toUTCString(),
      timeEpoch: Math.floor(receivedAt),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function joinHeaders(headers: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(',')]));
}

function parseQuery(query: string): Record<string, string> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]));
}
