import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSetPauses } from '../lib/compose/routines.ts';
import { setPauses } from '../lib/routines/change-pauses.ts';
import { PausesBody } from '../lib/routines/routine-api.ts';
import { bookedInPauseView, pauseView } from '../lib/routines/routine-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeSetPauses(base);

/** PUT /v1/pauses `{pauses}` → 200 `{pauses, booked}`: replaces the pauses. Bookings inside them stay, and are listed. */
export const handler = memberRoute({ body: PausesBody }, async ({ body, signal }, { email }) => {
  const { pauses, booked } = await setPauses(deps, email, body, signal);
  return { status: 200, body: { pauses: pauses.map(pauseView), booked: booked.map(bookedInPauseView) } };
});
