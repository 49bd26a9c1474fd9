import { type AimHarderSession, type ListedClass, LoggedOut, UpstreamFailure } from '../aimharder/client.ts';
import { DAY, type Instant, SECOND } from '../platform/clock.ts';
import { isTimeout } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import { showsNoPlace, UNREAD } from './evidence.ts';
import { type Reading, readUntilConclusive, SHOWN_WITHIN } from './read-back.ts';

export type BookingToFind = {
  readonly bookingId: string;
  readonly familyId?: string | undefined;
  /** The class's day, `YYYY-MM-DD`; undefined if it is unknown. */
  readonly day?: string | undefined;
  /** AimHarder's slot id of the class; undefined or null if it is unknown. */
  readonly classId?: string | null | undefined;
};

/**
 * The days on which to look for a booking whose day is unknown, as offsets from today's date in UTC. They begin yesterday, because
 * in America it may still be yesterday. They end 14 days ahead, because boxes open their classes at most a week ahead.
 */
const SEARCHED_DAYS = Array.from({ length: 16 }, (_, index) => index - 1);

/** How many days are read at the same time. */
const CONCURRENCY = 4;

/** The result of a search for a booking in the member's timetable. */
type Search = {
  /** The day whose timetable shows the booking; undefined if no day does. */
  readonly shownOn: string | undefined;
  /** The failures to read a day or to prove the session. */
  readonly failures: readonly UpstreamFailure[];
};

/**
 * Searches the timetables, some days at a time, until a day shows the booking. Proves the session before it returns that no day
 * does. Any place of the person in the class of the booking counts as the booking: AimHarder may give another id to a place on the
 * waitlist that becomes a seat.
 *
 * @throws UpstreamFailure if the first days (`CONCURRENCY` of them) are all unreadable. @throws SessionDied.
 */
export function findBooking(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: BookingToFind,
  signal: AbortSignal,
): Promise<Search> {
  const days =
    sought.day === undefined ? SEARCHED_DAYS.map((ahead) => toDay(deps.clock.now() + ahead * DAY)) : [sought.day];
  return withLiveSession(deps, member, signal, async ({ credentials, box }) => {
    const failures: UpstreamFailure[] = [];
    let isProven = false;
    const isShownOn = async (day: string): Promise<boolean> => {
      try {
        const query = { ...box, day, familyId: sought.familyId };
        const classes = await deps.aimHarder.listClasses(credentials, query, signal);
        isProven ||= classes.some(({ mine }) => mine !== null);
        return classes.some((row) => row.bookingId === sought.bookingId || isPlaceInClass(row, sought));
      } catch (error) {
        if (!(error instanceof UpstreamFailure) || error instanceof LoggedOut) throw error;
        failures.push(error);
        return false;
      }
    };
    for (let from = 0; from < days.length; from += CONCURRENCY) {
      const batch = days.slice(from, from + CONCURRENCY);
      const shown = await Promise.all(batch.map(isShownOn));
      const index = shown.indexOf(true);
      if (index !== -1) return { shownOn: batch[index], failures };
      // If no day so far could be read, the further days will most likely fail too.
      const daysRead = from + batch.length;
      const [failure] = failures;
      if (failure && failures.length === daysRead) throw failure;
    }
    if (!isProven) await proveSession(deps, credentials, failures, signal);
    return { shownOn: undefined, failures };
  });
}

/** Checks whether a row of the timetable shows a place of the person in the class of the booking. */
const isPlaceInClass = ({ mine, classId }: ListedClass, sought: BookingToFind): boolean =>
  mine !== null && classId === sought.classId;

/** Proves the session with whoami. If that request fails, adds its failure to `failures`. @throws LoggedOut for a dead one. */
async function proveSession(
  { aimHarder }: MemberUpstream,
  credentials: AimHarderSession,
  failures: UpstreamFailure[],
  signal: AbortSignal,
): Promise<void> {
  const who = await aimHarder.whoAmI(credentials, signal).catch((error: unknown) => {
    if (!(error instanceof UpstreamFailure)) throw error;
    failures.push(error);
    return undefined;
  });
  if (who?.kind === 'nobody') throw new LoggedOut();
}

const toDay = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);

/**
 * The time limit for reading a cancellation back, in milliseconds. The route that cancels has 29 s. The cancellation itself may
 * take 8 s of them.
 */
const READ_BACK_LIMIT = 15 * SECOND;

/**
 * Checks whether a booking is gone after a cancellation whose answer was lost or not understood. The timetable may show a
 * booking for some seconds after its cancellation, so the timetable is read again while there is time.
 *
 * @returns false if the timetable still shows the booking (`findBooking`), or cannot be read in time. @throws SessionDied.
 */
export async function isBookingGone(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: BookingToFind,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, deps.clock.timeout(READ_BACK_LIMIT)]);
  let { day } = sought;
  const read = async (): Promise<Reading> => {
    const { shownOn, failures } = await findBooking(deps, member, { ...sought, day }, limit).catch(asUnreadable);
    if (shownOn !== undefined) {
      day = shownOn;
      return { kind: 'booked', bookingId: sought.bookingId };
    }
    return { kind: failures.length > 0 ? 'unreadable' : 'none' };
  };
  const options = { read, isConclusive: showsNoPlace, until: deps.clock.monotonic() + SHOWN_WITHIN };
  const reading = await readUntilConclusive(deps.clock, options, limit).catch((error: unknown) => {
    // The time is up during a pause, so no reading has been conclusive.
    if (isTimeout(error)) return UNREAD;
    throw error;
  });
  return showsNoPlace(reading);
}

/** Turns a failure of AimHarder, or a timeout, into the result of a search that could not read the timetable. */
function asUnreadable(error: unknown): Search {
  if (error instanceof UpstreamFailure) return { shownOn: undefined, failures: [error] };
  if (isTimeout(error))
    return {
      shownOn: undefined,
      failures: [new UpstreamFailure('upstream-timeout', 'The timetable took too long.', { mayHaveTakenEffect: true })],
    };
  throw error;
}
