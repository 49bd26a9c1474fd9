import { DAY, type Instant } from '../platform/clock.ts';
import { AppError, SessionDied } from '../platform/errors.ts';
import { endAtLogout, type RefreshDeps } from '../sessions/refresh.ts';
import { bookingKey } from './booking.ts';
import { type BookingStore, noteQuietly } from './booking-store.ts';
import { listClasses, type MemberAtBox } from './classes.ts';

export type Cancellation = {
  readonly bookingId: string;
  readonly late: boolean;
  readonly familyId?: string | undefined;
};

/** How many days ahead a booking is looked for; boxes open their classes a week or less ahead. */
const DAYS_AHEAD = 14;

/**
 * Cancels a booking at AimHarder.
 *
 * @throws AppError late-cancellation when it would cost the credit and `late` was not given; booking-not-found when
 *   AimHarder refuses and the booking is none of the member's; upstream-rejected when it refuses all the same.
 */
export async function cancelBooking(
  deps: RefreshDeps & { readonly bookings: BookingStore },
  member: MemberAtBox,
  cancellation: Cancellation,
  signal: AbortSignal,
): Promise<void> {
  // AimHarder's ids are digits: anything else is nobody's booking, and needs no asking.
  const { bookingId } = cancellation;
  if (!/^\d{1,18}$/.test(bookingId)) throw notFound();
  const { box } = member.box;
  const answer = await deps.aimHarder.cancel(member.opened, { box, ...cancellation }, signal);
  switch (answer) {
    case 'cancelled':
      return noteQuietly(
        deps.logger,
        deps.bookings.noteCancelled(member.session.email, bookingKey(box, bookingId), deps.clock.now()),
      );
    case 'late':
      throw new AppError('late-cancellation', 'Cancelling this late costs the credit. Add late=true to go ahead.');
    case 'refused':
      if (await isMine(deps, member, cancellation, signal))
        throw new AppError('upstream-rejected', 'AimHarder refused to cancel this booking.');
      throw notFound();
    case 'logged-out':
      await endAtLogout(deps, member.session);
      throw new SessionDied();
  }
}

const notFound = () => new AppError('booking-not-found', 'You have no such booking at this box.');

/** AimHarder does not say why it refuses; the timetable says whose booking it is. */
async function isMine(
  deps: RefreshDeps,
  member: MemberAtBox,
  { bookingId, familyId }: Cancellation,
  signal: AbortSignal,
): Promise<boolean> {
  const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => dayOf(deps.clock.now() + ahead * DAY));
  const timetables = await Promise.all(
    days.map((day) => listClasses(deps, member, { box: member.box.box, day, familyId }, signal)),
  );
  return timetables.flat().some((listed) => listed.bookingId === bookingId);
}

/** The day in UTC: near midnight the box's own may be the one before or after, which 14 days ahead does not matter. */
const dayOf = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);
