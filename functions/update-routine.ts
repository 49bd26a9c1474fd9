import { composeDocuments } from '../lib/compose/base.ts';
import { composePlanning } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { updateRoutine } from '../lib/routines/change-routines.ts';
import { RoutineChanges, RoutinePath } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const documents = composeDocuments();

const deps = composePlanning(process.env, documents);

/** PATCH /v1/routines/{id} → 200 `{routine}`. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  { path: RoutinePath, body: RoutineChanges },
  async ({ path: { id }, body, signal }, caller) => {
    const routine = await updateRoutine(deps, caller, id, body, signal);
    return {
      status: 200,
      body: { routine: routineView(routine, await deps.prebookingQueries.findPending(caller.email)) },
    };
  },
);
