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
 * Lists the classes of some days with the member's own bookings, and proves the session as `readOwn` does. If whoami does not
 * answer, returns the timetables although the session is not proven.
 */
export async function listOwnClasses(
  deps: MemberUpstream,
  member: MemberAtBox,
  { days, ...query }: DaysQuery,
  signal: AbortSignal,
): Promise<readonly ListedDay[]> {
  const read = (current: MemberAtBox) =>
    mapBounded(days, CONCURRENCY, async (day) => ({
      day,
      classes: await readTimetable(deps, current, { ...query, day }, signal),
    }));
  const showsOwn = (listed: readonly ListedDay[]) => listed.some(({ classes }) => classes.some(isOwn));
  return (await readOwn(deps, member, { read, showsOwn }, signal)).result;
}

const isOwn = ({ mine }: ListedClass): boolean => mine !== null;

type OwnReading<T> = {
  /** Reads what AimHarder shows to the member. */
  readonly read: (member: MemberAtBox) => Promise<T>;
  /** Tells whether a result shows something that AimHarder shows only to the member. That proves the session. */
  readonly showsOwn: (result: T) => boolean;
};

/**
 * Reads what AimHarder shows to a member, and proves the session. To a dead session AimHarder shows what everybody sees, as if
 * nothing were booked; only whoami shows the difference. The result and whoami are requested at the same time, so that the
 * proof costs no time.
 *
 * @returns the result, and whether the session is proven; it is not proven if whoami does not answer.
 * @throws SessionDied if AimHarder has ended the session.
 */
export const readOwn = <T>(
  deps: MemberUpstream,
  member: MemberAtBox,
  { read, showsOwn }: OwnReading<T>,
  signal: AbortSignal,
): Promise<{ readonly result: T; readonly isProven: boolean }> =>
  withLiveSession(deps, member, signal, async (current) => {
    const { session, credentials } = current;
    const isFresh = deps.clock.now() - session.lastTokenUpdateAt <= PROVEN_FOR;
    const [result, firstProof] = await Promise.all([
      read(current),
      isFresh ? 'fresh' : askWhetherAlive(deps, credentials, signal),
    ]);
    if (showsOwn(result)) return { result, isProven: true };
    // The age of the token proves the session only if no other caller has replaced the token meanwhile.
    const isReplaced = firstProof === 'fresh' && !(await isUnchanged(deps, session));
    const proof = isReplaced ? await askWhetherAlive(deps, credentials, signal) : firstProof;
    if (proof === 'dead') throw new LoggedOut();
    return { result, isProven: proof !== 'unknown' };
  });

/** Checks that since `seen` was read, no other caller has replaced the token or is replacing it. */
async function isUnchanged({ sessions, clock }: MemberUpstream, seen: Session): Promise<boolean> {
  const session = await sessions.find(seen);
  return session?.tokenVersion === seen.tokenVersion && (session.refreshingUntil ?? 0) < clock.now();
}

/** Asks whoami whether the session is alive. @returns `unknown` if AimHarder does not answer. */
async function askWhetherAlive(
  { aimHarder }: MemberUpstream,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<'alive' | 'dead' | 'unknown'> {
  try {
    return (await aimHarder.whoAmI(session, signal)).kind === 'member' ? 'alive' : 'dead';
  } catch (error) {
    if (error instanceof UpstreamFailure) return 'unknown';
    throw error;
  }
}

/**
 * Finds the class with a slot id, or the class that replaced it.
 *
 * @throws AppError class-not-found; class-cancelled if the class has no replacement, or several.
 */
export function findClass(classes: readonly ListedClass[], classId: string): ListedClass {
  const named = classes.find((listed) => listed.classId === classId);
  if (!named) throw new AppError('class-not-found', 'That box has no such class on that day.');
  const resolved = resolveClass(classes, named);
  if (!('listed' in resolved)) throw new AppError('class-cancelled', 'The box has cancelled this class.');
  return resolved.listed;
}
