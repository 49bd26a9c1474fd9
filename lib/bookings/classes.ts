import {
  type AimHarderSession,
  type ListedClass,
  LoggedOut,
  resolveClass,
  UpstreamFailure,
} from '../aimharder/client.ts';
import { MINUTE } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { Session } from '../sessions/session.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';

export type ClassQuery = { readonly box: string; readonly day: string; readonly familyId?: string | undefined };

/** Lists a day's classes with the member's own bookings. @throws SessionDied if AimHarder has ended the session. */
export const listClasses = (
  deps: MemberUpstream,
  member: MemberAtBox,
  query: ClassQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> =>
  withLiveSession(deps, member, signal, (current) => readTimetable(deps, current, query, signal));

const readTimetable = (
  { aimHarder }: MemberUpstream,
  { credentials, box: { box, boxId } }: MemberAtBox,
  { day, familyId }: ClassQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> => aimHarder.listClasses(credentials, { box, boxId, day, familyId }, signal);

/** How long a session counts as proven (alive) after AimHarder has given it a new token, in milliseconds. */
const PROVEN_FOR = 2 * MINUTE;

export type DaysQuery = {
  readonly box: string;
  readonly days: readonly string[];
  readonly familyId?: string | undefined;
};

/** The classes of one day (`YYYY-MM-DD` on the box's calendar). */
export type ListedDay = { readonly day: string; readonly classes: readonly ListedClass[] };

/** How many days are read at the same time. */
const CONCURRENCY = 4;

/**
 * Lists the classes of some days as `listClasses` does, and proves the session. To a dead session AimHarder shows the public
 * timetable, as if nothing were booked; only whoami shows the difference. Timetables and whoami are requested at the same time,
 * so that the proof costs no time. If whoami does not answer, the timetables are returned unproven.
 */
export const listOwnClasses = (
  deps: MemberUpstream,
  member: MemberAtBox,
  { days, ...query }: DaysQuery,
  signal: AbortSignal,
): Promise<readonly ListedDay[]> =>
  withLiveSession(deps, member, signal, async (current) => {
    const { session, credentials } = current;
    const isProven = deps.clock.now() - session.lastTokenUpdateAt <= PROVEN_FOR;
    const [listed, isAlive] = await Promise.all([
      mapBounded(days, CONCURRENCY, async (day) => ({
        day,
        classes: await readTimetable(deps, current, { ...query, day }, signal),
      })),
      isProven || mayBeAlive(deps, credentials, signal),
    ]);
    if (listed.some(({ classes }) => classes.some(({ mine }) => mine !== null))) return listed;
    // The age of the token proves the session only if no other caller has replaced the token meanwhile.
    if (isAlive && (!isProven || (await isUnchanged(deps, session)) || (await mayBeAlive(deps, credentials, signal))))
      return listed;
    throw new LoggedOut();
  });

/** Checks that no other caller has replaced the token or is replacing it. */
async function isUnchanged({ sessions, clock }: MemberUpstream, seen: Session): Promise<boolean> {
  const session = await sessions.find(seen);
  return session?.tokenVersion === seen.tokenVersion && (session.refreshingUntil ?? 0) < clock.now();
}

/** Asks whoami. @returns false only if AimHarder reports the session dead. */
async function mayBeAlive(
  { aimHarder }: MemberUpstream,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await aimHarder.whoAmI(session, signal)).kind === 'member';
  } catch (error) {
    if (error instanceof UpstreamFailure) return true;
    throw error;
  }
}

/** Finds the class with a slot id, or the class that replaced it. @throws AppError class-not-found, class-cancelled. */
export function findClass(classes: readonly ListedClass[], classId: string): ListedClass {
  const named = classes.find((listed) => listed.classId === classId);
  if (!named) throw new AppError('class-not-found', 'That box has no such class on that day.');
  const resolved = resolveClass(classes, named);
  if (!('listed' in resolved)) throw new AppError('class-cancelled', 'The box has cancelled this class.');
  return resolved.listed;
}
