import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeChangePlan } from '../lib/compose/routines.ts';
import { deleteRoutine } from '../lib/routines/change-routines.ts';
import { RoutinePath } from '../lib/routines/routine-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeChangePlan(base);

/** DELETE /v1/routines/{id} → 204. Also cancels the routine's pending pre-bookings; what it has booked stays booked. */
export const handler = memberRoute({ path: RoutinePath }, async ({ path: { id }, signal }, { email }) => {
  await deleteRoutine(deps, email, id, signal);
  return { status: 204 };
});
