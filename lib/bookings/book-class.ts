import { type AdvanceRule, type BookingAnswer, LoggedOut } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { SECOND } from '../platform/clock.ts';
import { AppError, isTimeout } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import type { Seat } from './booking.ts';
import { confirmReservation, findReservation, type SoughtClass } from './read-back.ts';

export type BookingResult =
  | Seat
  /** Bookings are not open yet; AimHarder may have told the rule by which they open. */
  | { readonly kind: 'too-early'; readonly rule: OpeningRule | null };

export type ClassToBook = SoughtClass & {
  readonly classId: string;
  /** Asks for a place on the waitlist if the class is full. */
  readonly acceptWaitlist?: boolean;
};

/** What each refusal of AimHarder means to the member. */
const REFUSALS = {
  'already-booked': 'You already have a booking at that time.',
  'class-full': 'The class and its waitlist are full.',
  'no-credit': 'You have no credit left, or your tariff does not include this class.',
  unpaid: 'AimHarder accepts no bookings while you have an unpaid receipt.',
  'booking-limit': 'You have reached your limit of bookings.',
  'too-late': 'It is too late to book this class.',
} as const;

/** How long reading the booking back may take. A member's request must end soon, and the booking may have taken 8 s of it. */
const READ_BACK_LIMIT = 6 * SECOND;

/**
 * Books a class with one request. A lost answer is resolved by reading the timetable, never by a second booking request.
 *
 * @throws AppError with the reason for a refusal; upstream-* when no usable answer came and the timetable shows no booking.
 */
export async function bookAtOnce(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: ClassToBook,
  signal: AbortSignal,
): Promise<BookingResult> {
  const { answer, current } = await sendBooking(deps, member, sought, signal);
  const readBackLimit = () => AbortSignal.any([signal, deps.clock.timeout(READ_BACK_LIMIT)]);
  switch (answer.kind) {
    case 'booked':
      return tellSeatFromWaitlist(deps, current, sought, answer.bookingId, readBackLimit());
    case 'too-early':
      return { kind: 'too-early', rule: answer.rule && toOpeningRule(answer.rule) };
    case 'accepted':
    case 'unanswered':
      return confirmBooking(deps, current, sought, answer, readBackLimit());
    case 'unknown':
      throw new AppError(
        'upstream-rejected',
        `AimHarder gave an answer that we do not know: ${answer.code}.${quote(answer.message)}`,
      );
    case 'already-booked': {
      const conflict = await describeConflict(deps, current, sought, readBackLimit());
      throw new AppError(answer.kind, `${conflict ?? REFUSALS[answer.kind]}${quote(answer.message)}`);
    }
    case 'booking-limit': {
      const maximum = answer.max === null ? '' : ` The maximum is ${answer.max}.`;
      throw new AppError(answer.kind, `${REFUSALS[answer.kind]}${maximum}${quote(answer.message)}`);
    }
    default:
      throw new AppError(answer.kind, `${REFUSALS[answer.kind]}${quote(answer.message)}`);
  }
}

/** @returns AimHarder's answer, and the member with the session that it was given to. */
function sendBooking(deps: MemberUpstream, member: MemberAtBox, sought: ClassToBook, signal: AbortSignal) {
  const { box, day, classId, familyId, acceptWaitlist = false } = sought;
  const request = { box, day, classId, familyId: familyId ?? undefined, acceptWaitlist };
  return withLiveSession(deps, member, signal, async (current) => {
    const answer = await deps.aimHarder.book(current.credentials, request, signal);
    if (answer.kind === 'logged-out') throw new LoggedOut();
    return { answer, current };
  });
}

export const toOpeningRule = ({ unit, amount }: AdvanceRule): OpeningRule =>
  unit === 'days' ? { daysBefore: amount } : { hoursBefore: amount };

const quote = (message: string | null): string => (message === null ? '' : ` AimHarder says: “${message}”`);

/** Only the timetable tells a seat from the waitlist (lib/aimharder/README.md, "Seat or waitlist"). */
async function tellSeatFromWaitlist(
  { aimHarder }: MemberUpstream,
  { credentials }: MemberAtBox,
  sought: SoughtClass,
  bookingId: string | null,
  signal: AbortSignal,
): Promise<Seat> {
  const found = await findReservation(aimHarder, credentials, sought, signal);
  const kind = found.kind === 'waitlisted' ? 'waitlisted' : 'booked';
  return { kind, bookingId: ('bookingId' in found ? found.bookingId : null) ?? bookingId };
}

/** Describes which class the member has at that time. @returns undefined if the timetable does not show one. */
async function describeConflict(
  { aimHarder }: MemberUpstream,
  { credentials }: MemberAtBox,
  sought: SoughtClass,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await findReservation(aimHarder, credentials, sought, signal);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return 'You already have a place in this class.';
  if (found.kind === 'other-class') return `You already have a place in another class at that time: ${found.name}.`;
  return undefined;
}

/** Looks for a booking that AimHarder's answer does not prove. */
async function confirmBooking(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: SoughtClass,
  answer: Extract<BookingAnswer, { kind: 'accepted' | 'unanswered' }>,
  signal: AbortSignal,
): Promise<Seat> {
  const found = await withLiveSession(deps, member, signal, async ({ credentials }) => {
    const read = await confirmReservation(deps.aimHarder, credentials, sought, signal);
    if (read.kind === 'logged-out') throw new LoggedOut();
    return read;
  }).catch(unreadableAfterTimeout);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return found;
  if (answer.kind === 'unanswered') throw answer.failure;
  throw new AppError(
    'upstream-rejected',
    'AimHarder accepted the booking, but its timetable does not show it. Check your bookings before you book again.',
  );
}

/** Turns a timeout into an unreadable timetable: the wait for another caller's refresh may take all the time. */
function unreadableAfterTimeout(error: unknown): { readonly kind: 'unreadable' } {
  if (isTimeout(error)) return { kind: 'unreadable' };
  throw error;
}
