import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeChangePlan, composeFindProblem } from '../lib/compose/routines.ts';
import { updateRoutine } from '../lib/routines/change-routines.ts';
import { RoutineChanges, RoutinePath } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = { ...composeChangePlan(base), findProblem: composeFindProblem(base) };

/** PATCH /v1/routines/{id} → 200 `{routine}`. */
export const handler = memberRoute(
  { path: RoutinePath, body: RoutineChanges },
  async ({ path: { id }, body, signal }, caller) => {
    const routine = await updateRoutine(deps, caller, id, body, signal);
    const pending = await deps.prebookingQueries.findPending(caller.email);
    return { status: 200, body: { routine: routineView(routine, pending) } };
  },
);
