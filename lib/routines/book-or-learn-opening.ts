import { prepareMember } from '../bookings/as-member.ts';
import { BookingRefused } from '../bookings/book-class.ts';
import { bookWithPreference } from '../bookings/book-with-preference.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { type FindOpeningDeps, learnOpening, ruleHolder } from '../prebookings/find-opening.ts';
import type { ImmediateOutcome } from '../prebookings/place-order.ts';
import type { ListedClassRef } from '../prebookings/prebooking.ts';
import type { ProblemCode } from './routine.ts';

/** The result of a booking request for a class that may already be open. */
export type BookingAttempt =
  /** Bookings are not open yet; they open at this instant. */
  | { readonly kind: 'opens'; readonly at: Instant }
  /** The class is booked, is refused for good, or may be booked (an unknown answer): no second request follows. */
  | ({ readonly kind: 'final' } & ImmediateOutcome)
  /** AimHarder has refused the class in unknown words, which may mean that bookings are not open yet. It has made no booking. */
  | { readonly kind: 'perhaps-too-early'; readonly detail: string }
  /** The class cannot be booked now. The member sees the problem in the routine, and the planner tries again later. */
  | { readonly kind: 'problem'; readonly code: ProblemCode; readonly detail: string };

const LOGIN_REQUIRED = {
  kind: 'problem',
  code: 'login-required',
  detail: 'There is no live session to book with. Log in again.',
} as const;

/** Asks AimHarder to book a class. If bookings are not open yet, stores the opening rule that the refusal may contain. */
export async function bookOrLearnOpening(
  deps: FindOpeningDeps,
  email: string,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<BookingAttempt> {
  const session = await deps.sessions.getBackgroundSession(email);
  if (session?.state !== 'active') return LOGIN_REQUIRED;
  try {
    const member = await prepareMember(deps, session, wanted.box, signal);
    // If it is too early, the planner orders the class, so the timetable need not be read a second time.
    const answer = await bookWithPreference(deps, member, { ...wanted, isOrderedIfTooEarly: true }, signal);
    if (answer.kind !== 'too-early') return { kind: 'final', outcome: answer.kind, bookingId: answer.bookingId };
    const { at } = await learnOpening(deps, ruleHolder(email, wanted), wanted, answer.rule);
    return { kind: 'opens', at };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return interpretError(error);
  }
}

function interpretError(error: AppError): BookingAttempt {
  const { code, message } = error;
  if (error instanceof BookingRefused && error.mayBeTooEarly)
    return {
      kind: 'perhaps-too-early',
      detail: `${message} If bookings are not open yet, set \`opening\` yourself.`,
    };
  // Final even if AimHarder's answer is unknown: the class may be booked, so a second request could book it twice.
  if (error instanceof BookingRefused) return { kind: 'final', ...error.conclusion };
  switch (code) {
    case 'login-required':
      return LOGIN_REQUIRED;
    // `learnOpening` throws this if the refusal names no rule.
    case 'too-early':
      return {
        kind: 'problem',
        code: 'opening-unknown',
        detail: 'Bookings are not open yet, and AimHarder does not tell when they open. Set `opening` yourself.',
      };
    case 'box-not-found':
    case 'upstream-rejected':
    case 'upstream-unreachable':
    case 'upstream-timeout':
      return { kind: 'problem', code, detail: message };
    default:
      throw error;
  }
}
