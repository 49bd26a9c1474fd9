import type { BookingStore } from '../bookings/booking-store.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Clock } from '../platform/clock.ts';
import { routeNotFound } from '../platform/errors.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { agenda } from './agenda.ts';
import { parseFeedName } from './calendar-api.ts';
import type { CalendarStore } from './calendar-store.ts';
import { formatCalendar } from './icalendar.ts';

export type LoadFeedDeps = {
  readonly calendars: Pick<CalendarStore, 'findOwner'>;
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly timezones: BoxSettings['timezones'];
  readonly clock: Clock;
};

/**
 * Loads the calendar of the member who owns a feed.
 *
 * @param feed `<secret>.ics`, the last part of the feed's path.
 * @returns iCalendar (RFC 5545).
 * @throws AppError not-found for a secret that opens no feed.
 */
export async function loadFeed(
  { calendars, prebookings, bookings, timezones, clock }: LoadFeedDeps,
  feed: string,
): Promise<string> {
  const secret = parseFeedName(feed);
  const email = secret && (await calendars.findOwner(secret));
  if (!email) throw routeNotFound();
  const [ordered, booked] = await Promise.all([prebookings.list(email), bookings.list(email)]);
  return formatCalendar(agenda(email, ordered, booked, clock.now()), { timezones });
}
