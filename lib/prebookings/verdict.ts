import type { BookingAnswer } from '../aimharder/client.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import type { Outcome } from './prebooking.ts';

/** What to do about AimHarder's answer to a shot. */
export type Verdict =
  /** It is decided. */
  | { readonly kind: 'settled'; readonly outcome: Outcome; readonly bookingId: string | null }
  /** It was too early: shoot again. */
  | { readonly kind: 'again' }
  /** The session is dead at AimHarder: find a live one, then shoot again. */
  | { readonly kind: 'logged-out' }
  /** Accepted, but whether it is a seat or the waitlist only the listing tells. */
  | { readonly kind: 'confirm'; readonly bookingId: string | null }
  /** Nobody knows whether the booking was made: read the listing before anything else. */
  | { readonly kind: 'read-back'; readonly otherwise: Outcome };

export function verdictOn(answer: BookingAnswer): Verdict {
  switch (answer.kind) {
    case 'booked':
      return settled('booked', answer.bookingId);
    case 'accepted':
      return { kind: 'confirm', bookingId: answer.bookingId };
    case 'already-booked':
    case 'class-full':
    case 'no-credit':
    case 'unpaid':
    case 'booking-limit':
    case 'too-late':
      return settled(answer.kind);
    case 'too-early':
      return { kind: 'again' };
    case 'logged-out':
      return { kind: 'logged-out' };
    case 'unknown':
      return settled('unknown');
    case 'unanswered':
      return { kind: 'read-back', otherwise: outcomeOfFailure(answer.failure.code) };
  }
}

const settled = (outcome: Outcome, bookingId: string | null = null): Verdict => ({
  kind: 'settled',
  outcome,
  bookingId,
});

/** The outcome that a failure to get an answer leads to when nothing else comes of it. */
export function outcomeOfFailure(code: string): Outcome {
  if (code === 'upstream-timeout' || code === 'upstream-rejected') return code;
  return 'upstream-unreachable';
}

/** The most shots at one opening, and how long after the first one the last may leave. */
export const MAX_SHOTS = 8;
const LADDER_LASTS = 5 * SECOND;

/** Waits before the second, third, … shot, in milliseconds: short at first, because the gate is about to open. */
const GAPS = [15, 30, 60, 120, 240, 480, 960] as const;

/**
 * When the next shot may leave.
 *
 * @param shots how many have left already.
 * @returns undefined when the ladder has come to its end.
 */
export function nextShotAt(shots: number, firstShotAt: Instant, now: Instant): Instant | undefined {
  const gap = GAPS[shots - 1];
  if (shots >= MAX_SHOTS || gap === undefined || now + gap > firstShotAt + LADDER_LASTS) return undefined;
  return now + gap;
}
