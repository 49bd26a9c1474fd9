import { publicApi } from '../lib/http/api.ts';
import { AnyQuery } from '../lib/http/fields.ts';
import { publicOrigin } from '../lib/http/public-origin.ts';

/** The description as JSON, which the bundler inserts (infra/bundle). */
declare const OPENAPI_DOCUMENT: object;

/** GET /openapi.json → 200 OpenAPI 3.1, with the address of this installation as the server. */
export const handler = publicApi({ query: AnyQuery }, async ({ event }) => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=300' },
  body: {
    ...OPENAPI_DOCUMENT,
    servers: [{ url: publicOrigin(process.env, event), description: 'This installation.' }],
  },
}));
