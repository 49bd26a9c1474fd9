import { LoggedOut, UpstreamFailure } from '../aimharder/client.ts';
import { DAY, type Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import { bookingKey } from './booking.ts';
import { type BookingStore, recordBestEffort } from './booking-store.ts';
import { listClasses } from './classes.ts';

export type Cancellation = {
  readonly bookingId: string;
  readonly late: boolean;
  readonly familyId?: string | undefined;
};

/**
 * The days, from today in UTC, on which a booking is looked for: boxes open their classes a week or less ahead, and in
 * America it may still be yesterday.
 */
const DAYS = Array.from({ length: 16 }, (_, index) => index - 1);

/** How many of them are asked for at once. */
const AT_ONCE = 4;

/**
 * Cancels a booking at AimHarder.
 *
 * @throws AppError late-cancellation when it would cost the credit and `late` was not given; booking-not-found when
 *   AimHarder refuses and the booking is none of the member's; upstream-rejected when it refuses all the same.
 */
export async function cancelBooking(
  deps: MemberUpstream & { readonly bookings: BookingStore; readonly logger: Logger },
  member: MemberAtBox,
  cancellation: Cancellation,
  signal: AbortSignal,
): Promise<void> {
  // AimHarder's ids are digits: anything else is nobody's booking, and needs no asking.
  const { bookingId } = cancellation;
  if (!/^\d{1,18}$/.test(bookingId)) throw notFound();
  const { box } = member.box;
  const { answer, ...asked } = await withLiveSession(deps, member, signal, async (asking) => {
    const given = await deps.aimHarder.cancel(asking.credentials, { box, ...cancellation }, signal);
    if (given === 'logged-out') throw new LoggedOut();
    return { ...asking, answer: given };
  });
  switch (answer) {
    case 'cancelled':
      return recordBestEffort(
        deps.logger,
        deps.bookings.recordCancelled(member.session.email, bookingKey(box, bookingId), deps.clock.now()),
      );
    case 'late':
      throw new AppError('late-cancellation', 'Cancelling this late costs the credit. Add late=true to go ahead.');
    case 'refused':
      if (await isMine(deps, asked, cancellation, signal))
        throw new AppError('upstream-rejected', 'AimHarder refused to cancel this booking.');
      throw notFound();
  }
}

const notFound = () => new AppError('booking-not-found', 'You have no such booking at this box.');

/**
 * AimHarder does not say why it refuses; the timetable says whose booking it is. A day that cannot be read decides nothing.
 *
 * @throws UpstreamFailure when no day can be read.
 */
async function isMine(
  deps: MemberUpstream,
  member: MemberAtBox,
  { bookingId, familyId }: Cancellation,
  signal: AbortSignal,
): Promise<boolean> {
  const failures: UpstreamFailure[] = [];
  const shownOn = async (ahead: number): Promise<boolean> => {
    const day = dayOf(deps.clock.now() + ahead * DAY);
    try {
      const classes = await listClasses(deps, member, { box: member.box.box, day, familyId }, signal);
      return classes.some((listed) => listed.bookingId === bookingId);
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      failures.push(error);
      return false;
    }
  };
  for (let from = 0; from < DAYS.length; from += AT_ONCE) {
    const shown = await Promise.all(DAYS.slice(from, from + AT_ONCE).map(shownOn));
    if (shown.includes(true)) return true;
    const [failure] = failures;
    if (failure && failures.length === from + shown.length) throw failure;
  }
  return false;
}

const dayOf = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);
