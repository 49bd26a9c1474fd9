import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { pauseView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const { plans } = composePlans(base);

/** GET /v1/pauses → 200 `{pauses}`, in the order of the request that set them. */
export const handler = memberRoute({}, async (_request, { email }) => {
  const { pauses } = await plans.find(email);
  return { status: 200, body: { pauses: pauses.map(pauseView) } };
});
