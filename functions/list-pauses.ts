import { composeDocuments } from '../lib/compose/base.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { pauseView } from '../lib/routines/routine-view.ts';

const documents = composeDocuments();

const plans = composePlans(process.env, documents);

/** GET /v1/pauses → 200 `{pauses}`, as they were put. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  {},
  async (_, { email }) => {
    const { pauses } = await plans.find(email);
    return { status: 200, body: { pauses: pauses.map(pauseView) } };
  },
);
