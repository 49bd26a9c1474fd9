import { publicApi } from '../lib/http/api.ts';
import { AnyQuery } from '../lib/http/fields.ts';

/** The description as JSON. infra/bundle/bundle-functions.ts inserts it into the bundle. */
declare const OPENAPI_DOCUMENT: object;

/** GET /openapi.json → 200 OpenAPI 3.1. */
export const handler = publicApi({ query: AnyQuery }, async () => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=300' },
  body: OPENAPI_DOCUMENT,
}));
