import { composeAuthenticate, composeDocuments, composePlanning, composeSessions } from '../lib/compose/base.ts';
import { memberApi } from '../lib/http/api.ts';
import { updateRoutine } from '../lib/routines/change-routines.ts';
import { describeRoutine } from '../lib/routines/plan-record.ts';
import { RoutineChanges, RoutinePath } from '../lib/routines/routine-api.ts';

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
      body: { routine: describeRoutine(routine, await deps.orders.pendingOf(caller.email)) },
    };
  },
);
