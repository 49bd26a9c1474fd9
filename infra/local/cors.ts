import type { IncomingMessage, ServerResponse } from 'node:http';
import { CORS } from '../catalog/browser-headers.ts';

/**
 * Lets pages of the allowed origins use the API, as API Gateway does with the option `corsOrigins`. Answers preflight requests.
 * Answers to other origins get no `access-control-…` headers.
 *
 * @param origins the allowed origins; `*` stands for every origin.
 * @returns true if the request was a preflight. It is then already answered.
 */
export function applyCors(
  origins: readonly string[],
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  response: ServerResponse,
): boolean {
  const { origin } = headers;
  if (origins.length === 0 || origin === undefined) return false;
  const allowed = origins.find((allowedOrigin) => allowedOrigin === '*' || allowedOrigin === origin);
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  response.setHeader('vary', 'origin');
  if (allowed) {
    response.setHeader('access-control-allow-origin', allowed);
    if (isPreflight) {
      response.setHeader('access-control-allow-methods', CORS.methods.join(','));
      response.setHeader('access-control-allow-headers', CORS.requestHeaders.join(','));
      response.setHeader('access-control-max-age', CORS.maxAgeSeconds);
    } else response.setHeader('access-control-expose-headers', CORS.exposedHeaders.join(','));
  }
  if (isPreflight) response.writeHead(204).end();
  return isPreflight;
}
