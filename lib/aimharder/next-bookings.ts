import { hasLogout, LoggedOut, notUnderstood, readJson } from './answer.ts';
import type { Origins } from './origins.ts';
import { type AimHarderSession, nextBookingsRequest, type TimetableQuery } from './requests.ts';
import type { Exchange, PreparedRequest } from './transport.ts';
import { Loose, NextBookingsWire, NextBookingWire } from './wire.ts';

/** One booking in AimHarder's own list of what the member has (README, "Next bookings"). It names no class and no reservation. */
export type NextBooking = {
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  /** `HH:MM` on the box's wall clock. */
  readonly start: string;
  /** `HH:MM`; null if the list does not tell it. */
  readonly end: string | null;
  readonly name: string;
  readonly state: 'booked' | 'waitlisted';
};

type NextBookings = {
  /** Coming and past bookings. */
  readonly bookings: readonly NextBooking[];
  /** Whether every coming booking could be read. */
  readonly isWhole: boolean;
};

/** How many rows of each list are read at most. 30 past rows were seen (README, "Next bookings"). */
const MAX_ROWS = 500;

/** Sends a request to AimHarder and reads its answer (`AimHarder.ask`). */
type Asker = {
  ask<Answer>(
    request: (origins: Origins) => PreparedRequest,
    read: (answer: Exchange) => Answer,
    signal: AbortSignal,
  ): Promise<Answer>;
};

/**
 * Lists the member's coming and past bookings at a box, also those that were made outside this service. Whether AimHarder still
 * has this list is unproven.
 *
 * @throws LoggedOut; UpstreamFailure.
 */
export const listNextBookings = (
  aimHarder: Asker,
  session: AimHarderSession,
  box: Omit<TimetableQuery, 'day'>,
  signal: AbortSignal,
): Promise<NextBookings> =>
  aimHarder.ask((origins) => nextBookingsRequest(origins, session, box), readNextBookings, signal);

/**
 * Reads the list of a member's coming and past bookings. Leaves out past bookings that the member cancelled late.
 *
 * @throws LoggedOut; UpstreamFailure upstream-rejected.
 */
export function readNextBookings(answer: Exchange): NextBookings {
  const json = readJson(answer);
  if (hasLogout(json)) throw new LoggedOut();
  const lists = NextBookingsWire.safeParse(json);
  if (!lists.success) throw notUnderstood('the list of bookings has another form');
  const { nextClasses, history } = lists.data;
  const coming = nextClasses.slice(0, MAX_ROWS).map(decodeRow);
  const past = (history ?? []).slice(0, MAX_ROWS).map(decodeRow);
  return {
    bookings: [...coming, ...past].filter((row) => row !== undefined && row !== 'cancelled'),
    isWhole: !coming.includes(undefined) && nextClasses.length <= MAX_ROWS,
  };
}

/** The meanings of `bookState`. As in a row of the timetable, 1 is a seat and 0 the waitlist. */
const STATES: ReadonlyMap<number | null, NextBooking['state']> = new Map([
  [1, 'booked'],
  [0, 'waitlisted'],
]);

/** `18:00`, or `18:00 - 19:00`. */
const HOURS = /^(\d\d:\d\d)(?: ?- ?(\d\d:\d\d))?$/;

/** Decodes a row of either list. @returns `cancelled` if the booking was cancelled late; undefined if the row cannot be read. */
function decodeRow(value: unknown): NextBooking | 'cancelled' | undefined {
  const row = NextBookingWire.safeParse(value);
  if (!row.success) return undefined;
  const { day, time, className, bookState, lateCancel } = row.data;
  if (Loose.integer(lateCancel) === 1) return 'cancelled';
  const date = parseSpanishDay(Loose.text(day) ?? '');
  const [, start, end = null] = HOURS.exec(Loose.text(time)?.trim() ?? '') ?? [];
  const state = STATES.get(Loose.integer(bookState));
  if (!date || !start || !state) return undefined;
  return { day: date, start, end, name: Loose.text(className)?.trim() ?? '', state };
}

const MONTHS: readonly string[] = [
  ...['enero', 'febrero', 'marzo', 'abril', 'mayo', 'junio'],
  ...['julio', 'agosto', 'septiembre', 'octubre', 'noviembre', 'diciembre'],
];

/**
 * Parses a day such as `Jueves, 12 de Marzo de 2026`; the weekday may be missing.
 *
 * @returns `YYYY-MM-DD`; undefined if the text is not understood, or the calendar has no such day.
 */
function parseSpanishDay(text: string): string | undefined {
  const [, dayOfMonth = '', monthName = '', year = ''] =
    /(\d{1,2}) de (\p{L}{4,10}) de (\d{4})$/u.exec(text.trim()) ?? [];
  const month = MONTHS.indexOf(monthName.toLowerCase()) + 1;
  if (month === 0) return undefined;
  const day = `${year}-${String(month).padStart(2, '0')}-${dayOfMonth.padStart(2, '0')}`;
  // `Date` turns 30 February into 2 March, so the day has to come back unchanged.
  const instant = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(instant) || !new Date(instant).toISOString().startsWith(day) ? undefined : day;
}
