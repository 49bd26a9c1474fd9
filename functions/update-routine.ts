import { composeAuthenticate, composeDocuments, composePlanning, composeSessions } from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { decodeBody, decodePath } from '../lib/http/decode.ts';
import { updateRoutine } from '../lib/routines/change-routines.ts';
import { describeRoutine } from '../lib/routines/plan-item.ts';
import { RoutineChanges, RoutinePath } from '../lib/routines/routine-api.ts';

const documents = composeDocuments();
const deps = composePlanning(process.env, documents);

/** PATCH /v1/routines/{id} → 200 `{routine}`. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  async ({ event, signal }, caller) => {
    const { id } = decodePath(event, RoutinePath);
    const routine = await updateRoutine(deps, caller, id, decodeBody(event, RoutineChanges), signal);
    return {
      status: 200,
      body: { routine: describeRoutine(routine, await deps.orders.pendingOf(caller.email)) },
    };
  },
);
