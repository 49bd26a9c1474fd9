import type { BookingStore } from '../bookings/booking-store.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Clock } from '../platform/clock.ts';
import { routeNotFound } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { buildAgenda } from './agenda.ts';
import { parseFeedName } from './calendar-api.ts';
import type { CalendarStore, Feed } from './calendar-store.ts';
import { formatCalendar, toEvent } from './icalendar.ts';
import { revise } from './revisions.ts';

export type LoadFeedDeps = {
  readonly calendars: Pick<CalendarStore, 'findFeed' | 'saveRevisions'>;
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly timezones: BoxSettings['timezones'];
  /** The address of the members' page; undefined if it is unknown. */
  readonly pageOrigin: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Loads a feed. If an event has changed since the feed was last read, its new revision is saved first, so that the next reader
 * gets the same text. A pre-booking that cannot be decoded is logged and left out.
 *
 * @param request `feed`: `<secret>.ics`, the last segment of the feed's path. `alarmMinutes`: how many minutes before a booked
 *   class an alarm is wanted. Each URL of a feed asks for its own alarms, so another number is no revision of an event.
 * @returns iCalendar (RFC 5545).
 * @throws AppError not-found for an unknown secret; unavailable if other readers keep saving revisions.
 */
export function loadFeed(
  deps: LoadFeedDeps,
  request: { readonly feed: string; readonly alarmMinutes?: number | undefined },
  signal: AbortSignal,
): Promise<string> {
  const secret = parseFeedName(request.feed);
  return withOptimisticLock(
    deps.clock,
    async () => {
      // The revisions are read before the classes, so that the classes are at least as new as the revisions.
      const found = secret && (await deps.calendars.findFeed(secret));
      if (!found) throw routeNotFound();
      return reviseAndFormat(deps, found, request.alarmMinutes);
    },
    signal,
  );
}

/** Saves the revisions that are new, and formats the feed. @returns undefined if another reader has saved revisions meanwhile. */
async function reviseAndFormat(
  { calendars, prebookings, bookings, timezones, pageOrigin, clock, logger }: LoadFeedDeps,
  feed: Feed,
  alarmMinutes: number | undefined,
): Promise<string | undefined> {
  const { email, revisions } = feed;
  const onUnreadable = (error: unknown) => logger.error('unexpected-error', error, { during: 'load-feed' });
  const [ordered, booked] = await Promise.all([
    prebookings.list(email, onUnreadable),
    bookings.list(email, onUnreadable),
  ]);
  const now = clock.now();
  const entries = buildAgenda(email, ordered, booked, now, (id) => revisions.has(id));
  const events = new Map(entries.map((entry) => [entry.id, toEvent(entry, { timezones }, pageOrigin)]));
  const revised = revise(revisions, events, now);
  if (revised !== revisions && !(await calendars.saveRevisions(feed, revised))) return undefined;
  return formatCalendar(events, revised, alarmMinutes);
}
