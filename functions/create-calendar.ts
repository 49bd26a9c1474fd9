import { formatFeedName } from '../lib/calendar/calendar-api.ts';
import { clock } from '../lib/compose/base.ts';
import { composeCalendars } from '../lib/compose/calendar.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { publicOrigin } from '../lib/http/public-origin.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const calendars = composeCalendars(base);

/** POST /v1/calendar → 201 `{url}`: the address of the caller's private feed. An earlier address stops working. */
export const handler = memberRoute({}, async ({ event }, { email }) => {
  const origin = publicOrigin(process.env, event);
  const secret = await calendars.issue(email, clock.now());
  return { status: 201, body: { url: `${origin}/v1/calendar/${formatFeedName(secret)}` } };
});
