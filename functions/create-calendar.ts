import { formatFeedName } from '../lib/calendar/calendar-api.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeCalendars } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { publicOrigin } from '../lib/http/public-origin.ts';
import { systemClock } from '../lib/platform/system-clock.ts';

const documents = composeDocuments();

const calendars = composeCalendars(process.env, documents);

/** POST /v1/calendar → 201 `{url}`: the caller's private feed. The one issued before ends. */
export const handler = memberApi(
  composeAuthenticate(composeSessions(process.env, documents)),
  {},
  async ({ event }, { email }) => {
    const origin = publicOrigin(process.env, event);
    const secret = await calendars.issue(email, systemClock.now());
    return { status: 201, body: { url: `${origin}/v1/calendar/${formatFeedName(secret)}` } };
  },
);
