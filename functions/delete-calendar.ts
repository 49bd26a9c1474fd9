import { composeDocuments } from '../lib/compose/base.ts';
import { composeCalendars } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const calendars = composeCalendars(process.env, documents);

/** DELETE /v1/calendar → 204: the caller's feed, if there is one, ends. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async (_request, { email }) => {
  await calendars.revoke(email);
  return { status: 204 };
});
