import type { ListedClass } from '../aimharder/client.ts';
import { bookingIdOf, bookingKey, type RecordedBooking } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import { type Clock, type Instant, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { BookingWatches } from './booking-watches.ts';
import { type Finished, isFinished, type Prebooking } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';

/*
 * AimHarder gives a seat that becomes free to somebody on the waitlist, and tells this service nothing. So every reader of a
 * member's timetable compares it with the places on waitlists that the service knows of. One conditional write records that such a
 * place is a seat now, and that this is still to be published; the sweep publishes it.
 */

export type PromotionDeps = {
  readonly prebookings: Pick<PrebookingStore, 'promote'>;
  readonly bookings: Pick<BookingStore, 'list' | 'promote'>;
  readonly watches: Pick<BookingWatches, 'queueNews'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** A place on a waitlist that the service has recorded: by a pre-booking, or by a booking that was made at once. */
export type WaitingPlace = {
  readonly email: string;
  readonly box: string;
  readonly day: string;
  readonly familyId: string | null;
  readonly classId: string | null;
  readonly bookingId: string | null;
  readonly startsAt: Instant;
  readonly madeAt: Instant;
  /** The pre-booking or the booking that records the place. */
  readonly record: Finished | RecordedBooking;
};

/** A day's timetable, as AimHarder shows it to the member or to one of their family. @property readAt when its reading began. */
export type OwnTimetable = {
  readonly box: string;
  readonly day: string;
  readonly familyId: string | null;
  readonly classes: readonly ListedClass[];
  readonly readAt: Instant;
};

/**
 * How old a place on a waitlist must be, in milliseconds, before a seat in its class counts as news. A timetable lags behind for
 * seconds, and may still show an earlier seat of the member's.
 */
const SETTLED_AFTER = MINUTE;

/**
 * Lists a member's places on waitlists. Leaves out those that were cancelled here, and those whose class the member has booked
 * since.
 */
export function listWaiting(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
): readonly WaitingPlace[] {
  const cancelled = new Set(bookings.flatMap(({ key, cancelledAt }) => (cancelledAt === null ? [] : [key])));
  const ordered = prebookings.filter(isFinished).flatMap((finished) => fromPrebooking(email, finished));
  const known = new Set(ordered.flatMap(keysOf));
  // A booking that a pre-booking has recorded too is listed once, as the pre-booking.
  const booked = bookings.filter(({ key }) => !known.has(key)).flatMap((booking) => fromBooking(email, booking));
  return [...ordered, ...booked].filter(
    (place) =>
      !keysOf(place).some((key) => cancelled.has(key)) && !bookings.some((booking) => isLaterSeat(booking, place)),
  );
}

/**
 * Records the places on waitlists that a timetable shows as seats. A failure is only logged: the caller wanted nothing
 * but to read the timetable, and the next reader finds the seat again.
 *
 * @returns how many places have become seats, by this caller's write.
 */
export async function recordPromotions(
  deps: PromotionDeps,
  places: readonly WaitingPlace[],
  timetable: OwnTimetable,
): Promise<number> {
  const written = await Promise.all(
    places.map(async (place) => {
      const seat = findSeat(place, timetable);
      if (!seat) return false;
      try {
        return await recordOne(deps, place, seat.bookingId);
      } catch (error) {
        deps.logger.error('unexpected-error', error, { during: 'record-promotion' });
        return false;
      }
    }),
  );
  return written.filter(Boolean).length;
}

/**
 * Records promotions as `recordPromotions` does, for a caller that has read the pre-bookings, but not the records of bookings.
 * Reads those records only if the timetable shows a seat for a pre-booking that is recorded as waiting.
 */
export async function recordPromotionsOf(
  deps: PromotionDeps,
  email: string,
  prebookings: readonly Prebooking[],
  timetable: OwnTimetable,
): Promise<void> {
  const candidates = listWaiting(email, prebookings, []).filter((place) => findSeat(place, timetable));
  if (candidates.length === 0) return;
  const logError = (error: unknown) => deps.logger.error('unexpected-error', error, { during: 'record-promotion' });
  try {
    const places = listWaiting(email, prebookings, await deps.bookings.list(email, logError));
    await recordPromotions(deps, places, timetable);
  } catch (error) {
    logError(error);
  }
}

/** Returns the place on a waitlist that a pre-booking records: one, or none. */
function fromPrebooking(email: string, record: Finished): readonly WaitingPlace[] {
  if (record.status !== 'waitlisted') return [];
  const { box, day, familyId, classId, classStartsAt: startsAt, endedAt: madeAt } = record;
  return [{ email, box, day, familyId, classId, bookingId: record.result.bookingId, startsAt, madeAt, record }];
}

/** Returns the place on a waitlist that the record of a booking names: one, or none. */
function fromBooking(email: string, record: RecordedBooking): readonly WaitingPlace[] {
  if (record.booked?.kind !== 'waitlisted') return [];
  const { box, day, familyId, classId, classStartsAt: startsAt, at: madeAt } = record.booked;
  const bookingId = bookingIdOf(record);
  return [{ email, box, day, familyId, classId, bookingId, startsAt, madeAt, record }];
}

/** Returns the keys under which the table of bookings may have a place, or its cancellation. */
const keysOf = ({ box, bookingId, record }: WaitingPlace): readonly string[] => [
  ...('key' in record ? [record.key] : []),
  ...(bookingId === null ? [] : [bookingKey(box, bookingId)]),
];

/** Checks whether a booking is a seat in the place's class that the member has booked after the place: it is no promotion. */
const isLaterSeat = ({ booked, cancelledAt }: RecordedBooking, place: WaitingPlace): boolean =>
  booked !== null &&
  cancelledAt === null &&
  booked.kind === 'booked' &&
  booked.at >= place.madeAt &&
  isSameClass(booked, place);

type ClassKey = Pick<WaitingPlace, 'box' | 'day' | 'familyId' | 'classId'>;

const isSameClass = (left: ClassKey, right: ClassKey): boolean =>
  left.box === right.box &&
  left.day === right.day &&
  left.familyId === right.familyId &&
  left.classId === right.classId;

/**
 * Finds the row that shows a place as a seat. Whether AimHarder keeps the id of the booking is unknown, so a seat in
 * the same class counts too. A class that has begun is no news.
 */
function findSeat(place: WaitingPlace, { box, day, familyId, classes, readAt }: OwnTimetable): ListedClass | undefined {
  const isElsewhere = place.box !== box || place.day !== day || place.familyId !== familyId;
  const hasBegun = place.startsAt <= readAt;
  const isTooRecent = readAt - place.madeAt < SETTLED_AFTER;
  if (isElsewhere || hasBegun || isTooRecent) return undefined;
  return classes.find(
    (row) =>
      row.mine === 'booked' &&
      !row.cancelled &&
      (row.classId === place.classId || (row.bookingId !== null && row.bookingId === place.bookingId)),
  );
}

/**
 * Records one place as a seat.
 *
 * @param bookingId the id that the timetable shows for the seat.
 * @returns false if another reader has recorded the seat, or the place was cancelled meanwhile.
 */
async function recordOne(deps: PromotionDeps, place: WaitingPlace, bookingId: string | null): Promise<boolean> {
  const { email, record } = place;
  const now = deps.clock.now();
  // Only a pre-booking has a status.
  if ('status' in record) {
    if (!(await deps.prebookings.promote(record, bookingId ?? place.bookingId, now))) return false;
    deps.logger.info('place-promoted', { prebooking: record.id, order: record.generation });
    return true;
  }
  if (!(await deps.bookings.promote(email, record.key, bookingId, now))) return false;
  deps.logger.info('place-promoted', { booking: record.key });
  await deps.watches.queueNews(email, record.key, place.startsAt);
  return true;
}
