import { FeedPath, FeedQuery } from '../lib/calendar/calendar-api.ts';
import { loadFeed } from '../lib/calendar/load-feed.ts';
import { composeBase } from '../lib/compose/base.ts';
import { composeFeed } from '../lib/compose/calendar.ts';
import { publicApi } from '../lib/http/api.ts';
import { conditionalReply } from '../lib/http/conditional.ts';

/** Clients may use a feed for 5 minutes before they load it again. */
const CALENDAR_HEADERS = { contentType: 'text/calendar; charset=utf-8', cacheControl: 'private, max-age=300' };

const deps = composeFeed(composeBase(process.env));

/**
 * GET /v1/calendar/{feed}?alarmMinutes= → 200 iCalendar; 404 if the secret is unknown or malformed. `feed` is `{secret}.ics`,
 * and the secret alone authenticates the request.
 */
export const handler = publicApi(
  { path: FeedPath, query: FeedQuery },
  async ({ event, path: { feed }, query: { alarmMinutes }, signal }) =>
    conditionalReply(event, await loadFeed(deps, { feed, alarmMinutes }, signal), CALENDAR_HEADERS),
);
