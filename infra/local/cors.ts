import type { IncomingMessage, ServerResponse } from 'node:http';
import { CORS } from '../catalog/browser-headers.ts';

/**
 * Lets pages of the allowed origins use the API, as API Gateway does with the option `corsOrigins`. Answers preflight requests.
 * An answer to another origin has no `access-control-…` headers.
 *
 * @param origins the allowed origins; `*` stands for every origin.
 * @returns true if the request was a preflight and has been answered.
 */
export function applyCors(
  origins: readonly string[],
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  response: ServerResponse,
): boolean {
  const { origin } = headers;
  if (origins.length === 0 || origin === undefined) return false;
  const allowedOrigin = origins.find((candidate) => candidate === '*' || candidate === origin);
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  response.setHeader('vary', 'origin');
  if (allowedOrigin) {
    response.setHeader('access-control-allow-origin', allowedOrigin);
    if (isPreflight) {
      response.setHeader('access-control-allow-methods', CORS.methods.join(','));
      response.setHeader('access-control-allow-headers', CORS.requestHeaders.join(','));
      response.setHeader('access-control-max-age', CORS.maxAgeSeconds);
    } else response.setHeader('access-control-expose-headers', CORS.exposedHeaders.join(','));
  }
  if (isPreflight) response.writeHead(204).end();
  return isPreflight;
}
