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
 * The days on which a refused booking is looked for, counted from today in UTC. Boxes open their classes a week ahead or
 * less; in America it may still be yesterday.
 */
const DAYS = Array.from({ length: 16 }, (_, index) => index - 1);

/** How many days are read at the same time. */
const CONCURRENCY = 4;

/**
 * Cancels a booking at AimHarder and records that.
 *
 * @throws AppError late-cancellation when it would cost the credit and `late` is false; booking-not-found when AimHarder
 *   refuses and the member has no such booking; upstream-rejected when the member has it and AimHarder refuses.
 */
export async function cancelBooking(
  deps: MemberUpstream & { readonly bookings: BookingStore; readonly logger: Logger },
  member: MemberAtBox,
  cancellation: Cancellation,
  signal: AbortSignal,
): Promise<void> {
  const { bookingId } = cancellation;
  // AimHarder's ids are digits, so no booking can have any other id.
  if (!/^\d{1,18}$/.test(bookingId)) throw notFound();
  const { box } = member.box;
  const { answer, current } = await withLiveSession(deps, member, signal, async (asking) => {
    const given = await deps.aimHarder.cancel(asking.credentials, { box, ...cancellation }, signal);
    if (given === 'logged-out') throw new LoggedOut();
    return { answer: given, current: asking };
  });
  switch (answer) {
    case 'cancelled':
      return recordBestEffort(
        deps.logger,
        deps.bookings.recordCancelled(member.session.email, bookingKey(box, bookingId), deps.clock.now()),
      );
    case 'late':
      throw new AppError(
        'late-cancellation',
        'Cancelling this late costs you the credit. Send late=true to cancel all the same.',
      );
    case 'refused':
      if (await isMine(deps, current, cancellation, signal))
        throw new AppError('upstream-rejected', 'AimHarder refused to cancel this booking.');
      throw notFound();
  }
}

const notFound = () => new AppError('booking-not-found', 'You have no such booking at this box.');

/**
 * Looks for the booking in the member's timetable, because AimHarder does not say why it refuses. Days that cannot be read
 * are passed over.
 *
 * @throws UpstreamFailure if no day can be read.
 */
async function isMine(
  deps: MemberUpstream,
  member: MemberAtBox,
  { bookingId, familyId }: Cancellation,
  signal: AbortSignal,
): Promise<boolean> {
  const failures: UpstreamFailure[] = [];
  const isShownOn = async (ahead: number): Promise<boolean> => {
    const day = toDay(deps.clock.now() + ahead * DAY);
    try {
      const classes = await listClasses(deps, member, { box: member.box.box, day, familyId }, signal);
      return classes.some((listed) => listed.bookingId === bookingId);
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      failures.push(error);
      return false;
    }
  };
  for (let from = 0; from < DAYS.length; from += CONCURRENCY) {
    const shown = await Promise.all(DAYS.slice(from, from + CONCURRENCY).map(isShownOn));
    if (shown.includes(true)) return true;
    const [failure] = failures;
    if (failure && failures.length === from + shown.length) throw failure;
  }
  return false;
}

const toDay = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);
