import { api } from '../lib/http/api.ts';

/** GET /v1/health → 200. */
export const handler = api(async () => ({ status: 200, body: { status: 'ok' } }));
