import { composeDocuments } from '../lib/compose/base.ts';
import { composeBookings } from '../lib/compose/prebookings.ts';
import { composePlanning } from '../lib/compose/routines.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { setPauses } from '../lib/routines/change-pauses.ts';
import { PausesBody } from '../lib/routines/routine-api.ts';
import { bookedInPauseView, pauseView } from '../lib/routines/routine-view.ts';

const documents = composeDocuments();

const deps = { ...composePlanning(process.env, documents), bookings: composeBookings(process.env, documents) };

/** PUT /v1/pauses `{pauses}` → 200 `{pauses, booked}`: what is booked inside them already is named, not cancelled. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  { body: PausesBody },
  async ({ body, signal }, { email }) => {
    const { pauses, booked } = await setPauses(deps, email, body, signal);
    return { status: 200, body: { pauses: pauses.map(pauseView), booked: booked.map(bookedInPauseView) } };
  },
);
