import { composeCalendars } from '../lib/compose/calendar.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const calendars = composeCalendars(base);

/** DELETE /v1/calendar → 204: revokes the caller's feed, if there is one. */
export const handler = memberRoute({}, async (_request, { email }) => {
  await calendars.revoke(email);
  return { status: 204 };
});
