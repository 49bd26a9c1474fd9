import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePrebookingQueries } from '../lib/compose/prebookings.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { RoutinesQuery } from '../lib/routines/routine-api.ts';
import { pageOfRoutines, routineView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const { plans } = composePlans(base);

const prebookingQueries = composePrebookingQueries(base);

/** GET /v1/routines?limit=&cursor= → 200 `{routines, nextCursor}`, the oldest first. */
export const handler = memberRoute({ query: RoutinesQuery }, async ({ query: { limit, cursor } }, { email }) => {
  const [plan, pendingPrebookings] = await Promise.all([plans.find(email), prebookingQueries.findPending(email)]);
  const { items, next } = pageOfRoutines(plan, { limit, after: cursor });
  return {
    status: 200,
    body: { routines: items.map((routine) => routineView(routine, pendingPrebookings)), nextCursor: nextCursor(next) },
  };
});
