import { composeDocuments } from '../lib/compose/base.ts';
import { composePrebookings } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { AppError } from '../lib/platform/errors.ts';
import { PrebookingPath } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const prebookings = composePrebookings(process.env, documents);

/** GET /v1/prebookings/{id} → 200 `{prebooking}`. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { path: PrebookingPath },
  async ({ path: { id } }, { email }) => {
    const prebooking = await prebookings.find({ email, id });
    if (!prebooking) throw new AppError('prebooking-not-found', 'You have no such pre-booking.');
    return { status: 200, body: { prebooking: await loadPrebookingView(sessions, prebooking) } };
  },
);
