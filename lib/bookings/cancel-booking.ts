import { LoggedOut, UpstreamFailure } from '../aimharder/client.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { IsDeleted } from '../sessions/tombstones.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import { type BookingRef, bookingIdOf, bookingKey } from './booking.ts';
import { type BookingStore, recordBestEffort } from './booking-store.ts';
import { type BookingToFind, findBooking, isBookingGone } from './find-booking.ts';

export type Cancellation = {
  readonly bookingId: string;
  /** Whether to cancel even if the cancellation costs the credit. */
  readonly late: boolean;
  readonly familyId?: string | undefined;
};

/** The class of a booking, and the relative whose place it is; null for the member's own place. */
type ClassAndPerson = {
  readonly day: string;
  /** AimHarder's slot id; null if it is unknown. */
  readonly classId: string | null;
  readonly familyId: string | null;
};

type CancelDeps = MemberUpstream & {
  readonly bookings: Pick<BookingStore, 'findByBookingId' | 'recordCancelled'>;
  /** Checks whether the member's account is being deleted. If it is, nothing is stored any more. */
  readonly isDeleted: IsDeleted;
  /**
   * Finds the pre-booking that made one of the member's bookings. Such a booking has no record of its own until it is
   * cancelled.
   */
  readonly findPrebooked: (email: string, booking: BookingRef) => Promise<ClassAndPerson | undefined>;
  readonly logger: Logger;
};

/**
 * Cancels a booking at AimHarder and records the cancellation. A booking that is recorded as cancelled is not cancelled again.
 * After an answer that was lost or not understood, the timetable shows whether the booking is gone. If this service does not
 * know the booking, it sends the cancellation again before it reads the timetable. If a recorded waiting place has become a seat,
 * the cancellation sends the seat's id even if the caller sends the waiting place's id. A pre-booking stores only the seat's id,
 * so then the cancellation sends the caller's id. AimHarder may refuse a waiting place's id because the place is now a seat with
 * another id, which is not recorded yet. So, if the class is known, a booking counts as gone only if the timetable shows neither a
 * seat nor a waiting place of the person in that class.
 *
 * @throws AppError late-cancellation if the cancellation would cost the credit and `late` is false; booking-not-found if the id
 *   is none of AimHarder's, or AimHarder refuses a booking that neither this service nor the timetable knows; upstream-rejected if
 *   AimHarder refuses and the timetable shows the booking, or another place of the person in its class.
 * @throws UpstreamFailure if the cancellation cannot have reached AimHarder; if no usable answer came, and the timetable still
 *   shows the booking or cannot be read; or if AimHarder refuses, and the timetable cannot be read, or the session of a known booking
 *   cannot be proven.
 * @throws SessionDied if AimHarder has ended the session.
 */
export async function cancelBooking(
  deps: CancelDeps,
  member: MemberAtBox,
  cancellation: Cancellation,
  signal: AbortSignal,
): Promise<void> {
  const { bookingId } = cancellation;
  // AimHarder's ids are digits, so no booking can have any other id.
  if (!/^\d{1,18}$/.test(bookingId)) throw bookingNotFound();
  const recorded = await findRecord(deps, member, bookingId);
  if (recorded?.cancelledAt) return;
  const known = recorded?.booked ?? (await findPrebooked(deps, member, bookingId));
  // A relative's booking is in the relative's timetable alone, so the recorded `familyId` counts more than the client's.
  const familyId = known ? (known.familyId ?? undefined) : cancellation.familyId;
  const toSend = { ...cancellation, familyId, bookingId: (recorded && bookingIdOf(recorded)) ?? bookingId };
  const { answerOrFailure, current } = await sendCancellation(deps, member, toSend, signal);
  if (answerOrFailure === 'late') throw lateCancellation();
  if (answerOrFailure !== 'cancelled') {
    const toFind = { bookingId: toSend.bookingId, familyId, day: known?.day, classId: known?.classId };
    const isKnown = recorded !== undefined || known !== undefined;
    if (answerOrFailure === 'refused') await judgeRefusal(deps, current, toFind, isKnown, signal);
    else if (!isKnown) await cancelAgain(deps, current, toSend, answerOrFailure, signal);
    else if (!(await isBookingGone(deps, current, toFind, signal))) throw answerOrFailure;
  }
  const { email } = member.session;
  if (await deps.isDeleted(email)) return;
  const key = recorded?.key ?? bookingKey(member.box.box, bookingId);
  await recordBestEffort(deps.logger, deps.bookings.recordCancelled(email, key, deps.clock.now()));
}

/** Finds the record of the booking. If it cannot be read, the cancellation goes on without it. */
function findRecord({ bookings, logger }: CancelDeps, { session, box: { box } }: MemberAtBox, bookingId: string) {
  const logError = (error: unknown) => logger.error('unexpected-error', error, { during: 'find-booking' });
  return bookings.findByBookingId(session.email, { box, bookingId }, logError).catch((error: unknown) => {
    logError(error);
    return undefined;
  });
}

/** Calls `deps.findPrebooked`. If the pre-bookings cannot be read, the cancellation goes on as if none had made the booking. */
const findPrebooked = (deps: CancelDeps, { session, box: { box } }: MemberAtBox, bookingId: string) =>
  deps.findPrebooked(session.email, { box, bookingId }).catch((error: unknown) => {
    deps.logger.error('unexpected-error', error, { during: 'find-prebooking' });
    return undefined;
  });

/**
 * Sends the cancellation.
 *
 * @returns AimHarder's answer, or the failure if AimHarder may have cancelled without a usable answer; and the member with the
 *   session of the request.
 * @throws UpstreamFailure if the request cannot have taken effect. @throws SessionDied.
 */
function sendCancellation(deps: CancelDeps, member: MemberAtBox, cancellation: Cancellation, signal: AbortSignal) {
  const { box } = member.box;
  return withLiveSession(deps, member, signal, async (current) => {
    const answerOrFailure = await deps.aimHarder
      .cancel(current.credentials, { box, ...cancellation }, signal)
      .catch((error: unknown): UpstreamFailure => {
        if (error instanceof UpstreamFailure && error.mayHaveTakenEffect) return error;
        throw error;
      });
    if (answerOrFailure === 'logged-out') throw new LoggedOut();
    return { answerOrFailure, current };
  });
}

/**
 * Sends the cancellation of an unknown booking again. The search covers only some days (`SEARCHED_DAYS`), and the booking may be
 * for a later day. So a search without result does not prove that the first request has cancelled the booking. But AimHarder
 * cancels no booking twice: if AimHarder refuses the second request, and no searched day shows the booking, the first request has
 * cancelled the booking.
 *
 * @param lost why there was no usable answer to the first request.
 * @throws AppError late-cancellation; UpstreamFailure if there was no usable answer again, if a day still shows the booking, or
 *   if the days cannot be read. @throws SessionDied.
 */
async function cancelAgain(
  deps: CancelDeps,
  member: MemberAtBox,
  cancellation: Cancellation,
  lost: UpstreamFailure,
  signal: AbortSignal,
): Promise<void> {
  const { answerOrFailure, current } = await sendCancellation(deps, member, cancellation, signal);
  if (answerOrFailure === 'cancelled') return;
  if (answerOrFailure === 'late') throw lateCancellation();
  if (answerOrFailure !== 'refused') throw answerOrFailure;
  if (!(await isBookingGone(deps, current, cancellation, signal))) throw lost;
}

const lateCancellation = () =>
  new AppError(
    'late-cancellation',
    'Cancelling this late costs you the credit. Send late=true to cancel all the same.',
  );

/**
 * Judges a refusal by the timetable, because AimHarder gives no reason. Returns only if this service knows the booking and the
 * timetable, read with a proven session, does not show it: then the booking was cancelled earlier.
 *
 * @throws AppError upstream-rejected if the timetable shows the booking (`findBooking`); booking-not-found if the booking is unknown.
 * @throws UpstreamFailure if the timetable cannot be read, or the session of a known booking cannot be proven. @throws SessionDied.
 */
async function judgeRefusal(
  deps: CancelDeps,
  member: MemberAtBox,
  toFind: BookingToFind,
  isKnown: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { shownOn, failures } = await findBooking(deps, member, toFind, signal);
  if (shownOn !== undefined) throw new AppError('upstream-rejected', REFUSED_BUT_SHOWN);
  if (!isKnown) throw bookingNotFound();
  // The timetable of a dead session shows no place, so without a proof of the session the booking may still stand.
  if (failures[0]) throw failures[0];
}

const REFUSED_BUT_SHOWN =
  'AimHarder refused to cancel this booking, and its timetable still shows your place. Load your bookings again before you ' +
  'repeat this: a place on the waitlist that has become a seat may have another id.';

const bookingNotFound = () => new AppError('booking-not-found', 'You have no such booking at this box.');
