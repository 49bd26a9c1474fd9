import { publicApi } from '../lib/http/api.ts';
import { AnyQuery } from '../lib/http/fields.ts';

/** GET /v1/health → 200 `{status: "ok"}`, without reading anything. */
export const handler = publicApi({ query: AnyQuery }, async () => ({ status: 200, body: { status: 'ok' } }));
