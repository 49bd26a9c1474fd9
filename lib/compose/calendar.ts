import { timezonesFrom } from '../boxes/settings.ts';
import { CalendarStore } from '../calendar/calendar-store.ts';
import { configuredOrigin } from '../http/public-origin.ts';
import { logger } from '../platform/logger.ts';
import { type Base, clock, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composePrebookings } from './prebookings.ts';

export const composeCalendars = (base: Base) => new CalendarStore(composeTable(base, 'CALENDARS_TABLE'));

/** Composes the dependencies for showing a member's classes as a calendar. */
export const composeFeed = (base: Base) => ({
  calendars: composeCalendars(base),
  prebookings: composePrebookings(base),
  bookings: composeBookings(base),
  timezones: timezonesFrom(base.environment),
  pageOrigin: configuredOrigin(base.environment),
  clock,
  logger,
});
