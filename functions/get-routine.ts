import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePrebookingQueries } from '../lib/compose/prebookings.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { requireRoutine } from '../lib/routines/change-routines.ts';
import { RoutinePath } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const { plans } = composePlans(base);

const prebookingQueries = composePrebookingQueries(base);

/** GET /v1/routines/{id} → 200 `{routine}`. */
export const handler = memberRoute({ path: RoutinePath }, async ({ path: { id } }, { email }) => {
  const [plan, pendingPrebookings] = await Promise.all([plans.find(email), prebookingQueries.findPending(email)]);
  return { status: 200, body: { routine: routineView(requireRoutine(plan, id), pendingPrebookings) } };
});
