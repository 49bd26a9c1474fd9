import { timezonesFrom } from '../lib/boxes/settings.ts';
import { agenda } from '../lib/calendar/agenda.ts';
import { FeedPath, parseFeedName } from '../lib/calendar/calendar-api.ts';
import { formatCalendar } from '../lib/calendar/icalendar.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeBookings, composeCalendars, composePrebookings } from '../lib/compose/prebookings.ts';
import { publicApi } from '../lib/http/api.ts';
import { conditionalReply } from '../lib/http/conditional.ts';
import { AnyQuery } from '../lib/http/fields.ts';
import { routeNotFound } from '../lib/platform/errors.ts';
import { systemClock } from '../lib/platform/system-clock.ts';

const AS_CALENDAR = { contentType: 'text/calendar; charset=utf-8', cacheControl: 'private, max-age=300' };

const documents = composeDocuments();

const calendars = composeCalendars(process.env, documents);

const prebookings = composePrebookings(process.env, documents);

const bookings = composeBookings(process.env, documents);

const timezones = timezonesFrom(process.env);

/** GET /v1/calendar/{secret}.ics → 200 iCalendar. The secret is all there is to authenticate with: whatever is wrong with it is 404. */
export const handler = publicApi({ path: FeedPath, query: AnyQuery }, async ({ event, path: { feed } }) => {
  const secret = parseFeedName(feed);
  const email = secret && (await calendars.findOwner(secret));
  if (!email) throw routeNotFound();
  const [ordered, booked] = await Promise.all([prebookings.list(email), bookings.list(email)]);
  const entries = agenda(email, ordered, booked, systemClock.now());
  return conditionalReply(event, formatCalendar(entries, { timezones }), AS_CALENDAR);
});
