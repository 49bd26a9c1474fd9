import { api } from '../lib/http/api.ts';
import { routeNotFound } from '../lib/platform/errors.ts';

/** Whatever no route matches → 404. */
export const handler = api(async () => {
  throw routeNotFound();
});
