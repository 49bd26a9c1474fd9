import type { BookingAnswer, UpstreamFailure } from '../aimharder/client.ts';
import type { Outcome } from '../events/outcome.ts';
import { type Instant, SECOND } from '../platform/clock.ts';

/** What to do about AimHarder's answer to a shot. */
export type Verdict =
  /** The answer is the outcome. */
  | { readonly kind: 'final'; readonly outcome: Outcome }
  /** The shot came too early: shoot again. */
  | { readonly kind: 'too-early' }
  /** AimHarder has ended the session: find a live one, then shoot again. */
  | { readonly kind: 'logged-out' }
  /** AimHarder took the booking. Only the timetable shows what it is: a seat, the waitlist, another class at that hour. */
  | { readonly kind: 'confirm'; readonly outcome: Outcome; readonly bookingId: string | null }
  /**
   * The answer was lost. `unsent`: the request has certainly not left. `mayStillSucceed`: AimHarder may still be
   * processing it.
   */
  | { readonly kind: 'lost'; readonly outcome: Outcome; readonly unsent: boolean; readonly mayStillSucceed: boolean };

/** Decides what to do about an answer. */
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
      return { kind: 'too-early' };
    case 'logged-out':
      return { kind: 'logged-out' };
    case 'unknown':
      return final('unknown');
    case 'unanswered':
      return lost(answer.failure);
  }
}

const final = (outcome: Outcome): Verdict => ({ kind: 'final', outcome });

/** A rejection is an answer too: the server that sent it has stopped processing the request. */
const lost = ({ code, mayHaveBeenSent }: UpstreamFailure): Verdict => ({
  kind: 'lost',
  outcome: outcomeOfFailure(code),
  unsent: !mayHaveBeenSent,
  mayStillSucceed: mayHaveBeenSent && code !== 'upstream-rejected',
});

/** Names the outcome of a shot whose answer stays lost. */
function outcomeOfFailure(code: string): Outcome {
  if (code === 'upstream-timeout' || code === 'upstream-rejected') return code;
  return 'upstream-unreachable';
}

/** The most shots at one opening. */
export const MAX_SHOTS = 8;

/** How long after the first shot the last one may leave, in milliseconds. */
const SHOTS_LAST = 5 * SECOND;

/** Waits before the second, third, … shot, in milliseconds: short at first, because the box is about to open. */
const GAPS = [15, 30, 60, 120, 240, 480, 960] as const;

/**
 * Returns when the next shot may leave after one that came too early.
 *
 * @param shots how many have left already.
 * @returns undefined when no more shots may follow.
 */
export function nextShotAt(shots: number, firstShotAt: Instant, now: Instant): Instant | undefined {
  const gap = GAPS[shots - 1];
  if (shots >= MAX_SHOTS || gap === undefined || now + gap > firstShotAt + SHOTS_LAST) return undefined;
  return now + gap;
}
