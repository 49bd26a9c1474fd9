import {
  type AimHarder,
  type AimHarderSession,
  type ListedClass,
  LoggedOut,
  listOver,
  type ResolvedClass,
  resolveClass,
  UpstreamFailure,
} from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { outcomeOfFailure, showsNoPlace, showsPlace } from '../bookings/evidence.ts';
import { type Reading, readPlace, type SoughtClass } from '../bookings/read-back.ts';
import type { Outcome } from '../events/outcome.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Result, type Unfinished, type WantedClass } from '../prebookings/prebooking.ts';
import { resolveWanted } from '../prebookings/wanted-class.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { SkipReason } from './claim.ts';

export type TimetableDeps = { readonly aimHarder: AimHarder; readonly clock: Clock };

/**
 * Which place to look for: the member's place in a class.
 *
 * @property prebooking the class, as it was ordered.
 * @property classId the class's current slot id. It counts instead of the slot id in `prebooking`.
 */
export type PlaceQuery = { readonly prebooking: SoughtClass; readonly classId: string | null };

/** Reads once, in the timetable, whether the member has a place in the ordered class. */
export const readOrderedPlace = (
  { aimHarder }: Pick<TimetableDeps, 'aimHarder'>,
  { prebooking, classId }: PlaceQuery,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<Reading> => readPlace(aimHarder, session, { ...prebooking, classId }, signal);

/** How long to wait between two searches for the class, in milliseconds. */
const SEARCH_PAUSE = 150;

/** How long to search for the class after the opening, in milliseconds. */
const SEARCH_LASTS = 15 * SECOND;

/**
 * Finds a class that its box lists only from the opening on, by start and name. Uses the connection that will carry the shot.
 *
 * @param from when the first search leaves, on our monotonic clock.
 * @returns the slot id; or the result if no live class matches, or if several match. If every search fails, the result is the
 *   last failure, or `login-required` for a dead session.
 */
export async function findClassAtOpening(
  { clock, connection }: { readonly clock: Clock; readonly connection: Connection },
  session: AimHarderSession,
  { box, boxId, day, familyId, classTime, className }: WantedClass,
  from: Instant,
  signal: AbortSignal,
): Promise<string | Result> {
  const query = { box, boxId, day, familyId: familyId ?? undefined };
  /** The outcome by the timetables that were read; undefined if none could be read. */
  let outcome: Outcome | undefined;
  /** The outcome by the last failure. It counts only if no timetable was read. */
  let failure: Outcome = 'class-not-found';
  for (let at = from; at <= from + SEARCH_LASTS; at = clock.monotonic() + SEARCH_PAUSE) {
    await clock.until(at, signal);
    const classes = await listOver(connection, session, query, signal).catch(asFailure);
    if (classes instanceof UpstreamFailure) {
      failure = classes instanceof LoggedOut ? 'login-required' : outcomeOfFailure(classes);
      continue;
    }
    outcome ??= 'class-not-found';
    const resolved = resolveClass(classes, { classId: null, start: classTime, name: className });
    if ('listed' in resolved) return resolved.listed.classId;
    if (resolved.kind === 'ambiguous') break;
    if (resolved.kind === 'cancelled') outcome = 'class-cancelled';
  }
  return withoutShot(outcome ?? failure);
}

/** Returns a failure of AimHarder, because the next search may still find the class. @throws any other error. */
function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  throw error;
}

/** The fields of a result without a shot. */
export const NO_SHOT = {
  code: null,
  message: null,
  firedAt: null,
  latenessMs: null,
  latenessBoundMs: null,
  shots: 0,
  aimedBy: null,
} as const;

/** A reservation that the timetable shows: a seat, or a place on the waitlist. */
type Reservation = { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null };

/** Builds the result for a place, a seat or on the waitlist, that was there before this firing's first shot. */
export const foundPlace = ({ kind, bookingId }: Reservation): Result => ({
  ...NO_SHOT,
  outcome: kind === 'booked' ? 'already-booked' : 'waitlisted',
  bookingId,
});

/** A decision about a pre-booking, by the timetable: its result, or the new row of its class if the class has moved. */
export type TimetableDecision = { readonly result: Result } | { readonly moved: ListedClass };

/** Resolves the class in the current timetable. @throws UpstreamFailure, LoggedOut. */
export async function resolveListed(
  { aimHarder }: Pick<TimetableDeps, 'aimHarder'>,
  prebooking: Unfinished,
  session: AimHarderSession | undefined,
  signal: AbortSignal,
): Promise<ResolvedClass> {
  const { box, boxId, day, familyId } = prebooking;
  const query = { box, boxId, day, familyId: familyId ?? undefined };
  return resolveWanted(await aimHarder.listClasses(session, query, signal), prebooking);
}

/**
 * Decides about a pre-booking before its shot, by the timetable's row of its class.
 *
 * @returns undefined if a shot may leave: for the row of the class, or for the row that has replaced it. If no row or several
 *   rows match, the shot leaves for the slot id of the pre-booking; without a slot id, the class is searched for at the
 *   opening.
 */
export function decideByTimetable({ routineId }: Unfinished, resolved: ResolvedClass): TimetableDecision | undefined {
  if (resolved.kind === 'cancelled') return { result: withoutShot('class-cancelled') };
  if (!('listed' in resolved)) return undefined;
  const { kind, listed } = resolved;
  // A routine wants its own hour, at which the timetable shows no such class any more.
  if (kind === 'moved') return routineId === null ? { moved: listed } : { result: withoutShot('class-not-found') };
  return listed.mine ? { result: foundPlace({ kind: listed.mine, bookingId: listed.bookingId }) } : undefined;
}

/** Builds the result of a firing that has sent no shot. */
const withoutShot = (outcome: Outcome): Result => ({ ...NO_SHOT, outcome, bookingId: null });

/** How long after the opening a pre-booking ends if the timetable stays unreadable, in milliseconds: 20 minutes. */
const GIVE_UP_AFTER = 10 * GRACE;

/**
 * Determines the result of a pre-booking after its grace, when no shot leaves any more. An earlier firing may have booked the
 * class, so the timetable is read, even with a session that counts as dead. If an earlier shot may have left and the timetable
 * stays unreadable, the outcome is `unknown`.
 *
 * @returns a skip reason if the timetable is unreadable and a later firing may still read it.
 */
export async function readResultAfterGrace(
  deps: Pick<MemberUpstream, 'aimHarder' | 'sessions' | 'tokens' | 'clock'>,
  prebooking: Unfinished,
  signal: AbortSignal,
): Promise<Result | SkipReason> {
  const session = await deps.sessions.getBackgroundSession(prebooking.email);
  const query = { prebooking, classId: prebooking.classId };
  const found = session && (await readOrderedPlace(deps, query, await deps.tokens.decrypt(session), signal));
  // A shot of an earlier firing may have got the place, so a seat counts as `booked`, not as `already-booked`.
  if (found && showsPlace(found)) return { ...foundPlace(found), outcome: found.kind };
  if (found?.kind === 'cancelled') return withoutShot('class-cancelled');
  if (found && showsNoPlace(found)) return withoutShot('missed');
  const isWorthRetrying = session?.state === 'active' && deps.clock.now() < prebooking.opensAt + GIVE_UP_AFTER;
  if (isWorthRetrying) return 'timetable-unreadable';
  return withoutShot(prebooking.status === 'firing' ? 'unknown' : 'missed');
}
