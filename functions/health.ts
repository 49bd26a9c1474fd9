import { publicApi } from '../lib/http/api.ts';
import { AnyQuery } from '../lib/http/fields.ts';

/** GET /v1/health → 200 `{status: "ok"}`. It shows only that the API runs: no table is read, and AimHarder is not asked. */
export const handler = publicApi({ query: AnyQuery }, async () => ({ status: 200, body: { status: 'ok' } }));
