import { type Box, LoggedOut, listNextBookings, UpstreamFailure } from '../aimharder/client.ts';
import { type MemberAtBox, prepareMember } from '../bookings/as-member.ts';
import { readOwn } from '../bookings/classes.ts';
import { localDay, plusDays } from '../boxes/opening.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { DAY, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import type { PrebookingList } from '../prebookings/prebooking-list.ts';
import { listWaiting, type PromotionDeps, recordPromotions, type WaitingPlace } from '../prebookings/promotions.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { joinBookings, type MemberBooking } from './join-bookings.ts';
import { collectServiceRecords, type ServiceRecords } from './own-bookings.ts';

export type ListBookingsDeps = MemberUpstream &
  PromotionDeps & {
    readonly prebookingList: Pick<PrebookingList, 'read'>;
    readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  };

export type BookingFilter = {
  /** The box's subdomain; all of the member's boxes without it. */
  readonly box?: string | undefined;
  readonly familyId?: string | undefined;
  /**
   * The first and the last day, both included: `YYYY-MM-DD` on the box's calendar. By default, `from` is today, and `to` the last
   * day of two weeks. If only `to` is given and has passed, `from` is the same day.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

export type BookingsOfMember = {
  /** By start. */
  readonly bookings: readonly MemberBooking[];
  /** Whether AimHarder's own list could be read in full, for every box, with a proven session. */
  readonly isComplete: boolean;
  /** How many lists and timetables of AimHarder the result comes from. What only proves or renews the session does not count. */
  readonly requests: number;
};

/** How many days a list has by default, and at most. */
const DEFAULT_DAYS = 14;
const MAX_DAYS = 31;

/** How many boxes, and how many days of each, are read at the same time. */
const BOXES_AT_ONCE = 2;
const DAYS_AT_ONCE = 4;

/** How long the reading of a list may take in all, in milliseconds. After that, no further list or timetable is read. */
const READING_LIMIT = 18 * SECOND;

/** The most pre-bookings that are read: no member has so many in a month. */
const MOST_ORDERS = 1_000;

/**
 * Lists what a member has booked at AimHarder, wherever the bookings were made. AimHarder's own list tells the days. The
 * timetables of those days, and of the days of the service's records, tell the classes and the ids of the bookings. If
 * AimHarder's own list cannot be read, only the days of the service's records are looked up.
 *
 * @throws AppError box-not-found; invalid-request if the days are too many. @throws SessionDied.
 */
export async function listBookings(
  deps: ListBookingsDeps,
  caller: DeviceSession,
  filter: BookingFilter,
  signal: AbortSignal,
): Promise<BookingsOfMember> {
  const boxes = filter.box === undefined ? caller.boxes : caller.boxes.filter(({ box }) => box === filter.box);
  // The session is the same at every box, so any of them serves to prepare it. `prepareMember` refuses a wrong `filter.box`.
  const anyBox = filter.box ?? boxes[0]?.box;
  if (anyBox === undefined) return { bookings: [], isComplete: true, requests: 0 };
  const ranges = boxes.map((box) => ({ box, ...computeRange(deps, box, filter) }));
  const member = await prepareMember(deps, caller, anyBox, signal);
  const { records, waiting } = await loadServiceRecords(deps, caller.email, ranges);
  const familyId = filter.familyId ?? null;
  const readingSignal = AbortSignal.any([signal, deps.clock.timeout(READING_LIMIT)]);
  const read = (current: MemberAtBox) =>
    mapBounded(ranges, BOXES_AT_ONCE, (range) =>
      readBox(deps, current, { ...range, familyId, records, waiting }, readingSignal),
    );
  const showsOwn = (results: readonly BookingsAtBox[]) => results.some((atBox) => atBox.showsOwn);
  const { result, isProven } = await readOwn(deps, member, { read, showsOwn }, signal);
  return {
    bookings: withoutRepeats(result.flatMap(({ bookings }) => bookings)),
    isComplete: isProven && result.every(({ isComplete }) => isComplete),
    requests: result.reduce((sum, { requests }) => sum + requests, 0),
  };
}

type Range = { readonly box: Box; readonly from: string; readonly to: string };

function computeRange(
  { boxSettings, clock }: ListBookingsDeps,
  { box }: Box,
  filter: BookingFilter,
): Pick<Range, 'from' | 'to'> {
  const today = localDay(clock.now(), timezoneOf(boxSettings, box));
  const defaultFrom = filter.to !== undefined && filter.to < today ? filter.to : today;
  const from = filter.from ?? defaultFrom;
  const to = filter.to ?? plusDays(from, DEFAULT_DAYS - 1);
  if (Date.parse(to) - Date.parse(from) >= MAX_DAYS * DAY)
    throw new AppError('invalid-request', `query.to: at most ${MAX_DAYS} days, both ends included`);
  return { from, to };
}

/** Loads the service's records of the member's bookings, and the places on waitlists among them. */
async function loadServiceRecords(
  { prebookingList, bookings, logger }: ListBookingsDeps,
  email: string,
  ranges: readonly Range[],
): Promise<{ readonly records: ServiceRecords; readonly waiting: readonly WaitingPlace[] }> {
  const from = ranges.map((range) => range.from).toSorted()[0];
  const to = ranges
    .map((range) => range.to)
    .toSorted()
    .at(-1);
  const [orders, recorded] = await Promise.all([
    prebookingList.read(email, { from, to }, { limit: MOST_ORDERS, after: undefined }),
    bookings.list(email, (error) => logger.error('unexpected-error', error, { during: 'list-bookings' })),
  ]);
  return {
    records: collectServiceRecords(orders.items, recorded),
    waiting: listWaiting(email, orders.items, recorded),
  };
}

type BookingsAtBox = BookingsOfMember & {
  /** Whether AimHarder has shown something that it shows to the member alone. */
  readonly showsOwn: boolean;
};

type BoxToRead = Range & {
  readonly familyId: string | null;
  /** The service's records of the member's bookings. */
  readonly records: ServiceRecords;
  /** The member's places on waitlists. */
  readonly waiting: readonly WaitingPlace[];
};

/** Reads AimHarder's own list at one box, and the timetables of the days on which the list or a record has a booking. */
async function readBox(
  deps: ListBookingsDeps,
  { credentials }: MemberAtBox,
  { box: { box, boxId }, from, to, familyId, records, waiting }: BoxToRead,
  signal: AbortSignal,
): Promise<BookingsAtBox> {
  const query = { box, boxId, familyId: familyId ?? undefined };
  const ownList = await unlessFailed(listNextBookings(deps.aimHarder, credentials, query, signal));
  const rows = ownList?.bookings.filter(({ day }) => from <= day && day <= to);
  const recorded = records.bookings.filter((booking) => booking.box === box && booking.familyId === familyId);
  const recordedInRange = recorded.filter(({ day }) => from <= day && day <= to);
  const days = [...new Set([...(rows ?? []), ...recordedInRange].map(({ day }) => day))].toSorted();
  const timezone = timezoneOf(deps.boxSettings, box);
  const joined = await mapBounded(days, DAYS_AT_ONCE, async (day) => {
    const readAt = deps.clock.now();
    const classes = await unlessFailed(deps.aimHarder.listClasses(credentials, { ...query, day }, signal));
    if (classes) await recordPromotions(deps, waiting, { box, day, familyId, classes, readAt });
    const ofDay = { bookings: recorded.filter((booking) => booking.day === day), cancelledAt: records.cancelledAt };
    const known = { box, timezone, day, familyId, records: ofDay, now: deps.clock.now() };
    return {
      showsOwn: classes?.some(({ mine }) => mine !== null) ?? false,
      bookings: joinBookings({ ...known, classes, ownList: rows?.filter((row) => row.day === day) }),
    };
  });
  return {
    bookings: joined.flatMap(({ bookings }) => bookings),
    isComplete: ownList?.isWhole ?? false,
    requests: days.length + 1,
    showsOwn: (ownList?.bookings.length ?? 0) > 0 || joined.some(({ showsOwn }) => showsOwn),
  };
}

/** Awaits an answer of AimHarder. @returns undefined if AimHarder gave no usable answer. @throws LoggedOut. */
const unlessFailed = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof LoggedOut) throw error;
    if (error instanceof UpstreamFailure) return undefined;
    throw error;
  });

/**
 * Leaves out a booking without ids that another box lists with ids: AimHarder's list may name the bookings of all boxes at each of
 * them (lib/aimharder/README.md, "Next bookings").
 */
function withoutRepeats(bookings: readonly MemberBooking[]): readonly MemberBooking[] {
  const withIds = bookings.filter(({ classId }) => classId !== null);
  const isRepeat = ({ classId, box, startsAt, className }: MemberBooking): boolean =>
    classId === null &&
    withIds.some((other) => other.box !== box && other.startsAt === startsAt && other.className === className);
  return bookings.filter((booking) => !isRepeat(booking)).toSorted((left, right) => left.startsAt - right.startsAt);
}
