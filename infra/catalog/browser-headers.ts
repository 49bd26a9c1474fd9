export { SECURITY_HEADERS } from '../../lib/http/security-headers.ts';

/** What pages of other origins may do, if the installation names those origins (`corsOrigins`). The gateway answers preflight requests. */
export const CORS = {
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  requestHeaders: ['authorization', 'content-type', 'if-none-match'],
  exposedHeaders: ['etag', 'location', 'retry-after'],
  maxAgeSeconds: 3_600,
} as const;
