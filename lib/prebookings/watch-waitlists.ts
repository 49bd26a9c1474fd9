import { prepareMember } from '../bookings/as-member.ts';
import type { RecordedBooking } from '../bookings/booking.ts';
import { listClasses } from '../bookings/classes.ts';
import { HOUR, type Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { Session } from '../sessions/session.ts';
import { type BookingWatches, watchedBookingKey } from './booking-watches.ts';
import { type Finished, isFinished, type PrebookingKey } from './prebooking.ts';
import { WAITING_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import {
  listWaiting,
  type OwnTimetable,
  type PromotionDeps,
  recordPromotions,
  type WaitingPlace,
} from './promotions.ts';

export type WatchWaitlistsDeps = MemberUpstream &
  PromotionDeps & {
    readonly prebookings: Pick<PrebookingStore, 'findKeys' | 'find' | 'promote' | 'stopWaiting'>;
    readonly watches: Pick<BookingWatches, 'queueNews' | 'remove'>;
  };

export type WatchCounts = { readonly watched: number; readonly promoted: number };

const NOTHING: WatchCounts = { watched: 0, promoted: 0 };

// The waiting places are in 8 partitions of the index `unfinished`, the shards. Each minute is the turn of one shard.

/** A place in a class that starts within this time, in milliseconds, is looked at in every turn of its shard. */
const NEAR = 3 * HOUR;

/** Any other place is looked at in every fourth turn. */
const FAR_TURNS = 4;

/** For how many members AimHarder is asked at a time. */
const CONCURRENCY = 5;

/**
 * Looks at the waiting places that are due in a minute, each with its member's background session, and records those that have
 * become seats. A place is due every 8 minutes in the last 3 hours before its class, and every 32 minutes before that.
 *
 * @param minute counted from the epoch.
 * @param lastStart the last instant, on the monotonic clock, at which the look at a member's places may begin. The places of
 *   members whose look has not begun by then wait for the next turn of their shard.
 */
export async function watchWaitlists(
  deps: WatchWaitlistsDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<WatchCounts> {
  const shardCount = WAITING_SHARDS.length;
  const shard = WAITING_SHARDS[minute % shardCount] ?? 0;
  const isFarTurn = Math.floor(minute / shardCount) % FAR_TURNS === 0;
  const members = new Map<string, PrebookingKey[]>();
  for await (const key of deps.prebookings.findKeys(shard)) {
    const keys = members.get(key.email);
    if (keys) keys.push(key);
    else members.set(key.email, [key]);
  }
  const counts = await mapBounded([...members], CONCURRENCY, async ([email, keys]) => {
    if (deps.clock.monotonic() > lastStart) return NOTHING;
    try {
      return await watchMember(deps, email, keys, isFarTurn, signal);
    } catch (error) {
      logFailure(deps, error, signal);
      return NOTHING;
    }
  });
  const sum = (name: keyof WatchCounts) => counts.reduce((total, count) => total + count[name], 0);
  return { watched: sum('watched'), promoted: sum('promoted') };
}

async function watchMember(
  deps: WatchWaitlistsDeps,
  email: string,
  keys: readonly PrebookingKey[],
  isFarTurn: boolean,
  signal: AbortSignal,
): Promise<WatchCounts> {
  const now = deps.clock.now();
  let areBookingsRead = true;
  const bookings = await deps.bookings.list(email, (error) => {
    areBookingsRead = false;
    logFailure(deps, error, signal);
  });
  const { finished, unread } = await findFinished(deps, keys);
  const places = listWaiting(email, finished, bookings).filter(({ startsAt }) => startsAt > now);
  // A place whose record could not be read may still be waiting, so its key is left as it is.
  const readKeys = keys.filter((key) => !unread.has(key) && (areBookingsRead || !isWatchWithoutRecord(key, bookings)));
  const watched = await selectWaitingAndRemoveOthers(deps, readKeys, places, bookings);
  const due = watched.filter(({ startsAt }) => isFarTurn || startsAt - now < NEAR);
  if (due.length === 0) return NOTHING;
  const session = await deps.sessions.getBackgroundSession(email);
  if (session?.state !== 'active') return NOTHING;
  const counts = { watched: 0, promoted: 0 };
  for (const placesOfDay of Map.groupBy(due, ({ box, day, familyId }) => `${box} ${day} ${familyId}`).values()) {
    try {
      counts.promoted += await watchDay(deps, session, placesOfDay, signal);
      counts.watched += placesOfDay.length;
    } catch (error) {
      logFailure(deps, error, signal);
    }
  }
  return counts;
}

async function watchDay(
  deps: WatchWaitlistsDeps,
  session: Session,
  placesOfDay: readonly WaitingPlace[],
  signal: AbortSignal,
): Promise<number> {
  const timetable = await readTimetable(deps, session, placesOfDay, signal);
  return timetable ? recordPromotions(deps, placesOfDay, timetable) : 0;
}

/**
 * Logs why places could not be looked at: other places are still looked at, and the next turn looks again.
 *
 * @throws the signal's reason if the signal has aborted.
 */
function logFailure({ logger }: WatchWaitlistsDeps, error: unknown, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (error instanceof AppError) logger.info('waitlist-not-watched', { code: error.code });
  else logger.error('unexpected-error', error, { during: 'watch-waitlists' });
}

/** Finds the finished pre-bookings of the keys. @returns also `unread`: the keys of pre-bookings that could not be read. */
async function findFinished(
  { prebookings, logger }: WatchWaitlistsDeps,
  keys: readonly PrebookingKey[],
): Promise<{ readonly finished: readonly Finished[]; readonly unread: ReadonlySet<PrebookingKey> }> {
  const unread = new Set<PrebookingKey>();
  // The key of a watch names a booking, not a pre-booking.
  const prebookingKeys = keys.filter((key) => watchedBookingKey(key) === undefined);
  const find = (key: PrebookingKey) =>
    prebookings.find(key).catch((error: unknown) => {
      logger.error('unexpected-error', error, { during: 'watch-waitlists', prebooking: key.id });
      unread.add(key);
      return undefined;
    });
  const found = await settleAll(prebookingKeys.map(find));
  return { finished: found.filter((prebooking) => prebooking !== undefined).filter(isFinished), unread };
}

/**
 * Selects the waiting places of the keys. Every other key no longer waits, or its class has begun, so it leaves the shards of
 * waiting places: a pre-booking leaves the index, and a watch is deleted, or moved to the news if its place is a seat now.
 */
async function selectWaitingAndRemoveOthers(
  { prebookings, watches }: WatchWaitlistsDeps,
  keys: readonly PrebookingKey[],
  places: readonly WaitingPlace[],
  bookings: readonly RecordedBooking[],
): Promise<readonly WaitingPlace[]> {
  const watched: WaitingPlace[] = [];
  for (const key of keys) {
    const bookingKey = watchedBookingKey(key);
    const place = places.find(({ record }) =>
      bookingKey === undefined ? 'id' in record && record.id === key.id : 'key' in record && record.key === bookingKey,
    );
    if (place) watched.push(place);
    else if (bookingKey === undefined) await prebookings.stopWaiting(key);
    else {
      // The process that recorded the seat may have died before it queued the event for the sweep.
      const promoted = bookings.find((candidate) => candidate.key === bookingKey && isPromoted(candidate))?.booked;
      if (promoted) await watches.queueNews(key.email, bookingKey, promoted.classStartsAt);
      else await watches.remove(key);
    }
  }
  return watched;
}

/** Checks whether a key is that of a watch whose booking is not among the bookings. */
const isWatchWithoutRecord = (key: PrebookingKey, bookings: readonly RecordedBooking[]): boolean => {
  const bookingKey = watchedBookingKey(key);
  return bookingKey !== undefined && !bookings.some((record) => record.key === bookingKey);
};

/** Checks whether a booking's place on the waitlist has become a seat, and was not cancelled. */
const isPromoted = ({ booked, cancelledAt }: RecordedBooking): boolean =>
  booked?.promotedAt !== undefined && cancelledAt === null;

/** Reads the timetable of a day. @param places all of one day, box and person. */
async function readTimetable(
  deps: WatchWaitlistsDeps,
  session: Session,
  places: readonly WaitingPlace[],
  signal: AbortSignal,
): Promise<OwnTimetable | undefined> {
  const [place] = places;
  if (!place) return undefined;
  const { box, day, familyId } = place;
  const readAt = deps.clock.now();
  const member = await prepareMember(deps, session, box, signal);
  const classes = await listClasses(deps, member, { box, day, familyId: familyId ?? undefined }, signal);
  return { box, day, familyId, classes, readAt };
}
