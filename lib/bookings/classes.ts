import { type AimHarderSession, type ListedClass, LoggedOut, UpstreamFailure } from '../aimharder/client.ts';
import { instantOf } from '../boxes/opening.ts';
import { DAY, MINUTE } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { Session } from '../sessions/session.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';

export type ClassQuery = { readonly box: string; readonly day: string; readonly familyId?: string | undefined };

/** A day's classes, as the member's AimHarder shows them. @throws SessionDied when AimHarder has ended the session. */
export const listClasses = (
  deps: MemberUpstream,
  member: MemberAtBox,
  query: ClassQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> =>
  withLiveSession(deps, member, signal, (asking) => timetable(deps, asking, query, signal));

const timetable = (
  { aimHarder }: MemberUpstream,
  { credentials, box: { box, boxId } }: MemberAtBox,
  { day, familyId }: ClassQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> => aimHarder.listClasses(credentials, { box, boxId, day, familyId }, signal);

/** How long after AimHarder has confirmed a session it is taken for alive, in milliseconds. */
const PROVEN_FOR = 2 * MINUTE;

/**
 * As `listClasses`, but what it shows of the member's own is true: a dead session is shown the public timetable, as if
 * nothing were booked, and only whoami tells. It is asked at the same time, so that nobody waits longer; should it not
 * answer, the timetable is shown all the same.
 */
export const listOwnClasses = (
  deps: MemberUpstream,
  member: MemberAtBox,
  query: ClassQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> =>
  withLiveSession(deps, member, signal, async (asking) => {
    const { session, credentials } = asking;
    const isProven = deps.clock.now() - session.lastTokenUpdateAt <= PROVEN_FOR;
    const [classes, isAlive] = await Promise.all([
      timetable(deps, asking, query, signal),
      isProven || lives(deps, credentials, signal),
    ]);
    if (classes.some(({ mine }) => mine !== null)) return classes;
    if (isAlive && (!isProven || (await isUntouched(deps, session)) || (await lives(deps, credentials, signal))))
      return classes;
    throw new LoggedOut();
  });

/** Nobody has renewed the token, or is about to: what has been proven of it still holds. */
async function isUntouched({ sessions, clock }: MemberUpstream, seen: Session): Promise<boolean> {
  const session = await sessions.find(seen);
  return session?.tokenVersion === seen.tokenVersion && (session.refreshingUntil ?? 0) < clock.now();
}

/** False only for a session that AimHarder says is dead. */
async function lives({ aimHarder }: MemberUpstream, session: AimHarderSession, signal: AbortSignal): Promise<boolean> {
  try {
    return (await aimHarder.whoAmI(session, signal)).kind === 'member';
  } catch (error) {
    if (error instanceof UpstreamFailure) return true;
    throw error;
  }
}

/** @throws AppError class-not-found. */
export function findClass(classes: readonly ListedClass[], classId: string): ListedClass {
  const found = classes.find((listed) => listed.classId === classId);
  if (!found) throw new AppError('class-not-found', 'That box has no such class on that day.');
  return found;
}

/**
 * When a class starts and ends. One that ends at or before its hour of beginning ends on the next day. Where a clock change
 * skips its beginning, which then moves forward, it still lasts as long as it says.
 */
export function classHours({ start, end }: ListedClass, day: string, timezone: string) {
  const startsAt = instantOf({ day, time: start }, timezone);
  const endDay = end > start ? day : dayAfter(day);
  const endsAt = instantOf({ day: endDay, time: end }, timezone);
  return {
    startsAt,
    endsAt: endsAt > startsAt ? endsAt : startsAt + wallInstant(endDay, end) - wallInstant(day, start),
  };
}

/** The class as the HTTP contract has it. */
export function classView(listed: ListedClass, day: string, timezone: string) {
  const { startsAt, endsAt } = classHours(listed, day, timezone);
  return {
    classId: listed.classId,
    name: listed.name,
    startsAt: toIso(startsAt),
    endsAt: toIso(endsAt),
    coach: listed.coach,
    capacity: listed.capacity,
    booked: listed.booked,
    waitlist: listed.waitlist,
    state: stateOf(listed),
    bookingId: listed.bookingId,
  };
}

/** AimHarder's own page: a class is bookable when it is not cancelled, not mine, and has its button; full is worked out apart. */
function stateOf(listed: ListedClass): 'bookable' | 'booked' | 'waitlisted' | 'full' | 'cancelled' | 'closed' {
  if (listed.cancelled) return 'cancelled';
  if (listed.mine !== null) return listed.mine;
  if (!listed.enabled) return 'closed';
  return listed.capacity !== null && listed.booked >= listed.capacity ? 'full' : 'bookable';
}

const wallInstant = (day: string, time: string): number => Date.parse(`${day}T${time}:00Z`);

const dayAfter = (day: string): string => new Date(wallInstant(day, '00:00') + DAY).toISOString().slice(0, 10);
