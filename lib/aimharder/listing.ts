import { parseJson } from '../platform/json.ts';
import { LoggedOut, notUnderstood, requireOk } from './answer.ts';
import type { Exchange } from './transport.ts';
import { isLogout, ListingWire, Loose, RowWire } from './wire.ts';

/** One class of a day's timetable, with the member's own reservation, if there is one (README, "Rows"). */
export type ListedClass = {
  /** The slot id, which a booking request names. Each date has its own. */
  readonly classId: string;
  readonly name: string;
  /** `HH:MM` on the box's wall clock, as is `end`. */
  readonly start: string;
  readonly end: string;
  readonly coach: string | null;
  readonly capacity: number | null;
  readonly booked: number;
  /** How many people are on the waitlist; null if AimHarder states no number, or -1. Without a waitlist, 0 is possible too. */
  readonly waitlist: number | null;
  /** Whether AimHarder's page shows a button to book the class. False for a class that only the box's staff may fill. */
  readonly enabled: boolean;
  /** Whether the box has cancelled the class. */
  readonly cancelled: boolean;
  /** The member's own place: a seat, or a place on the waitlist. */
  readonly mine: 'booked' | 'waitlisted' | null;
  /** The id of the member's reservation, which a cancellation names. */
  readonly bookingId: string | null;
};

/** Reads the answer to a timetable request. @throws LoggedOut; UpstreamFailure upstream-rejected. */
export function readListing(answer: Exchange): readonly ListedClass[] {
  requireOk(answer);
  const listing = decodeListing(answer.body);
  if (listing === 'logged-out') throw new LoggedOut();
  if (!listing) throw notUnderstood('the timetable has another form');
  return listing;
}

/** How many rows of a day are read at most; a day has 13 to 40 (README, "The public timetable"). */
const MAX_ROWS = 500;

/** Decodes a timetable. @returns undefined for a body of another form; 'logged-out' if AimHarder has ended the session. */
export function decodeListing(body: string): readonly ListedClass[] | 'logged-out' | undefined {
  const listing = ListingWire.safeParse(parseJson(body));
  if (!listing.success) return undefined;
  const { logout, bookings } = listing.data;
  if (isLogout(logout)) return 'logged-out';
  // Rows that cannot be decoded are left out, so that the others stay usable.
  return bookings
    ?.slice(0, MAX_ROWS)
    .map(decodeRow)
    .filter((row) => row !== undefined);
}

function decodeRow(value: unknown): ListedClass | undefined {
  const row = RowWire.safeParse(value);
  if (!row.success) return undefined;
  const wire = row.data;
  const classId = Loose.id(wire.id);
  const hours = parseHours(Loose.text(wire.time), Loose.text(wire.timeid));
  if (classId === null || !hours) return undefined;
  const waiting = Loose.integer(wire.waitlist);
  return {
    classId,
    ...hours,
    name: Loose.text(wire.className)?.trim() ?? '',
    coach: Loose.text(wire.coachName),
    capacity: Loose.integer(wire.limitc) ?? parseSeats(wire.limit),
    booked: Loose.integer(wire.ocupation) ?? 0,
    waitlist: waiting === null || waiting < 0 ? null : waiting,
    enabled: isOn(wire.enabled) && !isOn(wire.resadmin),
    cancelled: Loose.id(wire.cancelledId) !== null,
    mine: decodeBookState(Loose.integer(wire.bookState)),
    bookingId: Loose.id(wire.idres),
  };
}

const isOn = (flag: unknown): boolean => Loose.integer(flag) === 1 || flag === true;

/** Decodes a row's `bookState`. AimHarder's own page shows 1 as a seat and 0 as the waitlist. */
function decodeBookState(bookState: number | null): ListedClass['mine'] {
  if (bookState === 1) return 'booked';
  return bookState === 0 ? 'waitlisted' : null;
}

/** Parses the seats of a `limit`. With a waitlist its form is `14 (4)`: 14 seats, and 4 places on the waitlist. */
function parseSeats(limit: unknown): number | null {
  return Loose.integer(limit) ?? Loose.integer(/^\s*(\d+)/.exec(Loose.text(limit) ?? '')?.[1]);
}

/**
 * Parses `18:00 - 19:00`, or else `1800_60`: the start without its colon, and the duration in minutes. Some starts have three
 * digits (`900_60`).
 */
function parseHours(time: string | null, timeid: string | null): Pick<ListedClass, 'start' | 'end'> | undefined {
  const fromTo = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)/.exec(time ?? '');
  if (fromTo) {
    const [, startHour, startMinute, endHour, endMinute] = fromTo;
    return {
      start: formatTime(Number(startHour) * 60 + Number(startMinute)),
      end: formatTime(Number(endHour) * 60 + Number(endMinute)),
    };
  }
  const coded = /^([01]?\d|2[0-3])([0-5]\d)_(\d{1,4})$/.exec(timeid ?? '');
  if (!coded) return undefined;
  const [, hour, minute, duration] = coded;
  const start = Number(hour) * 60 + Number(minute);
  return { start: formatTime(start), end: formatTime(start + Number(duration)) };
}

/** Formats the time of a day as `HH:MM`. @param minutes since midnight; 24 hours or more continue on the next day. */
const formatTime = (minutes: number): string =>
  [Math.floor(minutes / 60) % 24, minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
