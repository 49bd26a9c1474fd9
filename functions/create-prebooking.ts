import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeCreatePrebooking } from '../lib/compose/prebookings.ts';
import { createPrebooking } from '../lib/prebookings/create-prebooking.ts';
import { PrebookingBody } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const { base, orderRoute } = composeMemberApi(process.env);

const deps = composeCreatePrebooking(base);

/** POST /v1/prebookings → 201 `{prebooking}` with Location; 200 if the caller has already ordered the class. */
export const handler = orderRoute({ body: PrebookingBody }, async ({ body, signal }, caller) => {
  const { opensAt, opening, ...wanted } = body;
  const { prebooking, isNew } = await createPrebooking(deps, caller, wanted, { opensAt, opening }, signal);
  return {
    status: isNew ? 201 : 200,
    headers: { location: `/v1/prebookings/${prebooking.id}` },
    body: { prebooking: await loadPrebookingView(base.sessions, prebooking) },
  };
});
