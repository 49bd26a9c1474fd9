import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeWakeUps } from '../lib/compose/prebookings.ts';
import { cancelPrebooking } from '../lib/prebookings/cancel-prebooking.ts';
import { PrebookingPath } from '../lib/prebookings/prebooking-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeWakeUps(base);

/** DELETE /v1/prebookings/{id} → 204: cancels a pending pre-booking. */
export const handler = memberRoute({ path: PrebookingPath }, async ({ path: { id }, signal }, { email }) => {
  await cancelPrebooking(deps, { email, id }, signal);
  return { status: 204 };
});
