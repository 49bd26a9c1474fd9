import { composeDocuments } from '../lib/compose/base.ts';
import { composePrebookingQueries } from '../lib/compose/prebookings.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { createRoutine } from '../lib/routines/change-routines.ts';
import { RoutineBody } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const documents = composeDocuments();

const deps = { plans: composePlans(process.env, documents), clock: systemClock };

const prebookingQueries = composePrebookingQueries(process.env, documents);

/** POST /v1/routines → 201 `{routine}` with Location; 200 when there is one for that class. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  { body: RoutineBody },
  async ({ body, signal }, caller) => {
    const { routine, created } = await createRoutine(deps, caller, body, signal);
    const pending = created ? [] : await prebookingQueries.findPending(caller.email);
    return {
      status: created ? 201 : 200,
      headers: { location: `/v1/routines/${routine.id}` },
      body: { routine: routineView(routine, pending) },
    };
  },
);
