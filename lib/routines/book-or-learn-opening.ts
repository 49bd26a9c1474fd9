import { UpstreamFailure } from '../aimharder/client.ts';
import { memberAtBox } from '../bookings/as-member.ts';
import { bookWithPreference } from '../bookings/book-with-preference.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { ImmediateOutcome } from '../prebookings/place-order.ts';
import type { ListedClassRef } from '../prebookings/prebooking.ts';
import { learnOpening, type ResolveOpeningDeps } from '../prebookings/resolve-opening.ts';
import type { ProblemCode } from './routine.ts';

/** What AimHarder says of a class that may be open already. */
export type BookingAttempt =
  | { readonly kind: 'opens'; readonly at: Instant }
  /** Booked, or refused for good. */
  | ({ readonly kind: 'settled' } & ImmediateOutcome)
  | { readonly kind: 'problem'; readonly code: ProblemCode; readonly detail: string };

const REFUSALS = ['already-booked', 'class-full', 'no-credit', 'unpaid', 'booking-limit', 'too-late'] as const;
const isRefusal = (code: string): code is (typeof REFUSALS)[number] => REFUSALS.some((one) => one === code);

const LOGIN_REQUIRED = {
  kind: 'problem',
  code: 'login-required',
  detail: 'There is no live session to book with. Log in again.',
} as const;

/** Asks AimHarder for a class in the member's name: it books at once what is open, else it may tell when that will be. */
export async function bookOrLearnOpening(
  deps: ResolveOpeningDeps,
  email: string,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<BookingAttempt> {
  const session = await deps.sessions.getBackgroundSession(email);
  if (session?.state !== 'active') return LOGIN_REQUIRED;
  try {
    const member = await memberAtBox(deps, session, wanted.box, signal);
    const answer = await bookWithPreference(deps, member, wanted, signal);
    if (answer.kind !== 'too-early') return { kind: 'settled', outcome: answer.kind, bookingId: answer.bookingId };
    return { kind: 'opens', at: await learnOpening(deps, wanted, answer.rule) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return meaningOf(error);
  }
}

function meaningOf(error: AppError): BookingAttempt {
  const { code, message } = error;
  if (isRefusal(code)) return { kind: 'settled', outcome: code, bookingId: null };
  // An answer that is not known: the class may be booked, so it is not asked for again.
  if (code === 'upstream-rejected' && !(error instanceof UpstreamFailure))
    return { kind: 'settled', outcome: 'unknown', bookingId: null };
  switch (code) {
    case 'login-required':
      return LOGIN_REQUIRED;
    case 'too-early':
      return {
        kind: 'problem',
        code: 'opening-unknown',
        detail: 'Bookings are not open yet, and the box does not say when they will be. Give opening.',
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
