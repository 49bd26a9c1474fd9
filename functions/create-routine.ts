import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePrebookingQueries } from '../lib/compose/prebookings.ts';
import { composeFindProblem, composePlans } from '../lib/compose/routines.ts';
import { createRoutine } from '../lib/routines/change-routines.ts';
import { RoutineBody } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = { ...composePlans(base), findProblem: composeFindProblem(base) };

const prebookingQueries = composePrebookingQueries(base);

/** POST /v1/routines → 201 `{routine}` with Location; 200 if the caller already has a routine for that class. */
export const handler = memberRoute({ body: RoutineBody }, async ({ body, signal }, caller) => {
  const { routine, isNew } = await createRoutine(deps, caller, body, signal);
  // A new routine has ordered nothing yet: the planner does that.
  const pending = isNew ? [] : await prebookingQueries.findPending(caller.email);
  return {
    status: isNew ? 201 : 200,
    headers: { location: `/v1/routines/${routine.id}` },
    body: { routine: routineView(routine, pending) },
  };
});
