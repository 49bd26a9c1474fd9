import { api } from '../lib/http/api.ts';
import { routeNotFound } from '../lib/platform/errors.ts';

/** Any path that no route matches → 404. */
export const handler = api(async () => {
  throw routeNotFound();
});
