import { api } from '../lib/http/api.ts';
import { AppError } from '../lib/platform/errors.ts';

/** Whatever no route matches → 404. */
export const handler = api(async () => {
  throw new AppError('not-found', 'There is nothing here. The routes are in the README.');
});
