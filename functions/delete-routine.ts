import { composeDocuments } from '../lib/compose/base.ts';
import { composePlanning } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { deleteRoutine } from '../lib/routines/change-routines.ts';
import { RoutinePath } from '../lib/routines/routine-api.ts';

const documents = composeDocuments();

const deps = composePlanning(process.env, documents);

/** DELETE /v1/routines/{id} → 204; its pending orders are cancelled, its bookings stay. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  { path: RoutinePath },
  async ({ path: { id }, signal }, { email }) => {
    await deleteRoutine(deps, email, id, signal);
    return { status: 204 };
  },
);
