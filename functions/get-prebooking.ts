import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePrebookings } from '../lib/compose/prebookings.ts';
import { AppError } from '../lib/platform/errors.ts';
import { PrebookingPath } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const prebookings = composePrebookings(base);

/** GET /v1/prebookings/{id} → 200 `{prebooking}`. */
export const handler = memberRoute({ path: PrebookingPath }, async ({ path: { id } }, { email }) => {
  const prebooking = await prebookings.find({ email, id });
  if (!prebooking) throw new AppError('prebooking-not-found', 'You have no such pre-booking.');
  return { status: 200, body: { prebooking: await loadPrebookingView(base.sessions, prebooking) } };
});
