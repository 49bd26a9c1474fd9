import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { endPauses } from '../lib/routines/change-pauses.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composePlans(base);

/** DELETE /v1/pauses → 204: ends all pauses of the caller's routines. */
export const handler = memberRoute({}, async ({ signal }, { email }) => {
  await endPauses(deps, email, signal);
  return { status: 204 };
});
