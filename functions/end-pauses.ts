import { composeDocuments } from '../lib/compose/base.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { endPauses } from '../lib/routines/change-pauses.ts';

const documents = composeDocuments();

const deps = { plans: composePlans(process.env, documents), clock: systemClock };

/** DELETE /v1/pauses → 204. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  {},
  async ({ signal }, { email }) => {
    await endPauses(deps, email, signal);
    return { status: 204 };
  },
);
