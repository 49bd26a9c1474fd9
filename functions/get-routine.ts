import { composeDocuments } from '../lib/compose/base.ts';
import { composePrebookingQueries } from '../lib/compose/prebookings.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { routineIn } from '../lib/routines/change-routines.ts';
import { RoutinePath } from '../lib/routines/routine-api.ts';
import { routineView } from '../lib/routines/routine-view.ts';

const documents = composeDocuments();

const plans = composePlans(process.env, documents);

const prebookingQueries = composePrebookingQueries(process.env, documents);

/** GET /v1/routines/{id} → 200 `{routine}`. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  { path: RoutinePath },
  async ({ path: { id } }, { email }) => {
    const [plan, pending] = await Promise.all([plans.find(email), prebookingQueries.findPending(email)]);
    return { status: 200, body: { routine: routineView(routineIn(plan, id), pending) } };
  },
);
