import type { BookingAnswer, UpstreamFailure } from '../aimharder/client.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import type { Outcome } from '../prebookings/prebooking.ts';

/** What to do about AimHarder's answer to a shot. */
export type Verdict =
  /** It is decided. */
  | { readonly kind: 'settled'; readonly outcome: Outcome }
  /** It was too early: shoot again. */
  | { readonly kind: 'again' }
  /** The session is dead at AimHarder: find a live one, then shoot again. */
  | { readonly kind: 'logged-out' }
  /** It is taken, but what exactly only the listing tells: a seat, the waitlist, another class at that hour. */
  | { readonly kind: 'confirm'; readonly outcome: Outcome; readonly bookingId: string | null }
  /**
   * Nobody knows whether the booking was made. `unsent`: it certainly was not. `mayStillBeDone`: AimHarder may be at work on
   * it yet.
   */
  | { readonly kind: 'lost'; readonly outcome: Outcome; readonly unsent: boolean; readonly mayStillBeDone: boolean };

export function verdictOn(answer: BookingAnswer): Verdict {
  switch (answer.kind) {
    case 'booked':
      return { kind: 'confirm', outcome: 'booked', bookingId: answer.bookingId };
    case 'accepted':
      return { kind: 'confirm', outcome: 'unknown', bookingId: answer.bookingId };
    case 'already-booked':
      return { kind: 'confirm', outcome: 'already-booked', bookingId: null };
    case 'class-full':
    case 'no-credit':
    case 'unpaid':
    case 'booking-limit':
    case 'too-late':
      return final(answer.kind);
    case 'too-early':
      return { kind: 'again' };
    case 'logged-out':
      return { kind: 'logged-out' };
    case 'unknown':
      return final('unknown');
    case 'unanswered':
      return lost(answer.failure);
  }
}

const final = (outcome: Outcome): Verdict => ({ kind: 'settled', outcome });

/** An answer that was rejected is one: whoever gave it is done with the request. */
const lost = ({ code, mayHaveBeenSent }: UpstreamFailure): Verdict => ({
  kind: 'lost',
  outcome: outcomeOfFailure(code),
  unsent: !mayHaveBeenSent,
  mayStillBeDone: mayHaveBeenSent && code !== 'upstream-rejected',
});

/** The outcome that a failure to get an answer leads to when nothing else comes of it. */
function outcomeOfFailure(code: string): Outcome {
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
