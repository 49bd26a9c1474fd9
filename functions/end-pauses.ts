import { composeAuthenticate, composeDocuments, composePlans, composeSessions } from '../lib/compose/base.ts';
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
