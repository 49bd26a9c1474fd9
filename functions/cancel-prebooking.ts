import { composeDocuments } from '../lib/compose/base.ts';
import { composeArming } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { cancelPrebooking } from '../lib/prebookings/cancel-prebooking.ts';
import { PrebookingPath } from '../lib/prebookings/prebooking-api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = composeArming(process.env, documents);

/** DELETE /v1/prebookings/{id} → 204 while it is pending. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { path: PrebookingPath },
  async ({ path: { id } }, { email }) => {
    await cancelPrebooking(deps, { email, id });
    return { status: 204 };
  },
);
