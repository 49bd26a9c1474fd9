import { composeDocuments } from '../lib/compose/base.ts';
import { composeOrder } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions, composeUpstream } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { createPrebooking } from '../lib/prebookings/create-prebooking.ts';
import { PrebookingBody } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = { ...composeUpstream(process.env, documents, sessions), ...composeOrder(process.env, documents) };

/** POST /v1/prebookings → 201 `{prebooking}` with Location; 200 when it was ordered already. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { body: PrebookingBody },
  async ({ body: { opensAt, opening, ...wanted }, signal }, caller) => {
    const { prebooking, created } = await createPrebooking(deps, caller, wanted, { opensAt, opening }, signal);
    return {
      status: created ? 201 : 200,
      headers: { location: `/v1/prebookings/${prebooking.id}` },
      body: { prebooking: await loadPrebookingView(sessions, prebooking) },
    };
  },
);
