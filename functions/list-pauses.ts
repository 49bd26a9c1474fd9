import { composeAuthenticate, composeDocuments, composePlans, composeSessions } from '../lib/compose/base.ts';
import { memberApi } from '../lib/http/api.ts';
import { describePause } from '../lib/routines/plan-record.ts';

const documents = composeDocuments();
const plans = composePlans(process.env, documents);

/** GET /v1/pauses → 200 `{pauses}`, as they were put. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  {},
  async (_, { email }) => {
    const { pauses } = await plans.find(email);
    return { status: 200, body: { pauses: pauses.map(describePause) } };
  },
);
