import {
  type AimHarder,
  type AimHarderSession,
  type ListedClass,
  LoggedOut,
  resolveClass,
  UpstreamFailure,
} from '../aimharder/client.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** The class to look for. If its slot id has changed, start and name identify it. */
export type SoughtClass = {
  /** The box's subdomain. */
  readonly box: string;
  /** AimHarder's number of the box. */
  readonly boxId: string;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  /** AimHarder's slot id; null if it is unknown. */
  readonly classId: string | null;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
  readonly className: string;
  /** When the class starts: `HH:MM` on the box's wall clock. */
  readonly classTime: string;
};

/** A reading of the timetable: the member's place in a class. */
export type Reading =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null }
  /** The member has no place in this class, but has a place in another class whose hours overlap. */
  | { readonly kind: 'other-class'; readonly name: string }
  /** No place, read with a proven session. To a dead session AimHarder shows the public timetable, which has no bookings. */
  | {
      readonly kind: 'none';
      /** Whether the timetable shows a free seat, or else a waitlist, or neither; absent if it does not show the capacity. */
      readonly left?: 'seat' | 'waitlist' | 'nothing' | undefined;
    }
  /** The box has cancelled the class, and no other class has replaced it. */
  | { readonly kind: 'cancelled' }
  /** AimHarder gave no usable answer. */
  | { readonly kind: 'unreadable' }
  /** The session is dead. */
  | { readonly kind: 'logged-out' };

/** Reads once whether the member has a place in a class. Proves the session before it returns that there is none. */
export async function readPlace(
  aimHarder: AimHarder,
  session: AimHarderSession,
  sought: SoughtClass,
  signal: AbortSignal,
): Promise<Reading> {
  const { box, boxId, day, familyId } = sought;
  try {
    const classes = await aimHarder.listClasses(session, { box, boxId, day, familyId: familyId ?? undefined }, signal);
    const found = findPlace(classes, sought);
    const isProven = classes.some(({ mine }) => mine !== null);
    return isProven || (await aimHarder.whoAmI(session, signal)).kind === 'member' ? found : { kind: 'logged-out' };
  } catch (error) {
    if (error instanceof LoggedOut) return { kind: 'logged-out' };
    if (error instanceof UpstreamFailure) return { kind: 'unreadable' };
    throw error;
  }
}

function findPlace(classes: readonly ListedClass[], { classId, classTime, className }: SoughtClass): Reading {
  const resolved = resolveClass(classes, { classId, start: classTime, name: className });
  if (resolved.kind === 'cancelled') return { kind: 'cancelled' };
  const row = 'listed' in resolved ? resolved.listed : undefined;
  if (row?.mine) return { kind: row.mine, bookingId: row.bookingId };
  // Without a row of the class, only its start is known.
  const hours = row ?? { start: classTime, end: classTime };
  const other = classes.find((listed) => listed.mine !== null && hoursOverlap(listed, hours));
  return other ? { kind: 'other-class', name: other.name } : { kind: 'none', left: row && findWhatIsLeft(row) };
}

/**
 * Finds what is left in a class. The timetable does not show whether the waitlist has room. A class without a waitlist may look
 * as if it had an empty one (`ListedClass.waitlist`).
 */
export function findWhatIsLeft({
  capacity,
  booked,
  waitlist,
}: ListedClass): 'seat' | 'waitlist' | 'nothing' | undefined {
  if (capacity === null) return undefined;
  if (booked < capacity) return 'seat';
  return waitlist === null ? 'nothing' : 'waitlist';
}

type Hours = Pick<ListedClass, 'start' | 'end'>;

/** Checks whether two classes of one day start at the same time or overlap. */
const hoursOverlap = (first: Hours, second: Hours): boolean =>
  first.start === second.start || (first.start < endOf(second) && second.start < endOf(first));

/** Returns a class's end for comparison within its day: `24:00` if the class ends after midnight. */
const endOf = ({ start, end }: Hours): string => (end < start ? '24:00' : end);

/**
 * How long after a booking or cancellation the timetable may still show the earlier state, in milliseconds
 * (lib/aimharder/README.md, "Lost answers").
 */
export const SHOWN_WITHIN = 6 * SECOND;

/** The first pause between two readings, in milliseconds. Each further pause is longer by as much. */
const PAUSE = 1.5 * SECOND;

/** The longest pause, in milliseconds. */
const LONGEST_PAUSE = 10 * SECOND;

type ReadOptions = {
  readonly read: () => Promise<Reading>;
  /** Checks whether no other reading is needed. */
  readonly isConclusive: (reading: Reading) => boolean;
  /** Checks whether the last reading alone is enough to confirm this one; by default never. */
  readonly isLikely?: (reading: Reading) => boolean;
  /** When the last reading begins, on the monotonic clock. By then, the timetable no longer lags behind. */
  readonly until: Instant;
  /** When the last reading begins while the timetable is unreadable, on the monotonic clock; `until` by default. */
  readonly unreadableUntil?: Instant;
};

/**
 * Reads the timetable until a reading is conclusive, or there is no time for another. After a likely reading, only the last reading
 * follows.
 *
 * @returns the last reading; or the likely reading before it, if the last one is unreadable.
 */
export async function readUntilConclusive(
  clock: Clock,
  { read, isConclusive, isLikely = () => false, until, unreadableUntil = until }: ReadOptions,
  signal: AbortSignal,
): Promise<Reading> {
  for (let pause = PAUSE; ; pause = Math.min(pause + PAUSE, LONGEST_PAUSE)) {
    const begunAt = clock.monotonic();
    const reading = await read();
    const lastAt = reading.kind === 'unreadable' ? Math.max(until, unreadableUntil) : until;
    if (isConclusive(reading) || begunAt >= lastAt) return reading;
    if (isLikely(reading)) {
      await clock.until(until, signal);
      const final = await read();
      return final.kind === 'unreadable' ? reading : final;
    }
    await clock.until(Math.min(clock.monotonic() + pause, lastAt), signal);
  }
}
