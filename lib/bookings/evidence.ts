import type { BookingAnswer, UpstreamFailure } from '../aimharder/client.ts';
import type { Outcome } from '../events/outcome.ts';
import type { Reading } from './read-back.ts';

/** The meaning of AimHarder's answer to a booking request, without the timetable. */
export type Meaning =
  /** Refused in known words. Unless the timetable shows the place, nothing was done. */
  | 'refused'
  /** Bookings are not open. Unless the timetable shows the place, nothing was done. */
  | 'too-early'
  /** The session is dead: nothing was done. */
  | 'logged-out'
  /** The request never left, or AimHarder turned it away before processing it (429, 503): nothing was done. */
  | 'not-processed'
  /** Accepted. Only the timetable shows whether the place is a seat or on the waitlist. */
  | 'accepted'
  /** The member has a booking at that hour: of this class, or of another. */
  | 'occupied'
  /** Lost, not understood, or a code that nobody has documented: the booking may have been made. */
  | 'unclear';

/** Interprets AimHarder's answer to a booking request by itself, without the timetable. */
export function meaningOf(answer: BookingAnswer): Meaning {
  switch (answer.kind) {
    case 'booked':
    case 'accepted':
      return 'accepted';
    case 'already-booked':
      return 'occupied';
    case 'too-early':
    case 'logged-out':
      return answer.kind;
    case 'turned-away':
      return 'not-processed';
    case 'unanswered':
      return answer.failure.mayHaveTakenEffect ? 'unclear' : 'not-processed';
    case 'unknown':
      return 'unclear';
    default:
      return 'refused';
  }
}

/**
 * Checks whether a refusal may mean "too early" in unknown words: a rule forbids the booking (code -12, alone or followed by a
 * key), but the key and the text are unknown. Right after an opening this is the likeliest meaning.
 */
export const mayMeanTooEarly = ({ kind, ...answer }: BookingAnswer): boolean =>
  kind === 'unknown' && 'code' in answer && /^-12(?: |$)/.test(answer.code);

/**
 * Checks whether AimHarder may still make the booking. After any answer, even if it is not understood (`upstream-rejected`),
 * AimHarder no longer does.
 */
export const mayStillSucceed = (answer: BookingAnswer): boolean =>
  answer.kind === 'unanswered' && answer.failure.mayHaveTakenEffect && answer.failure.code !== 'upstream-rejected';

/** The reading if the timetable was not read, or could not be read in time. */
export const UNREAD = { kind: 'unreadable' } as const;

type Shown = Extract<Reading, { kind: 'booked' | 'waitlisted' }>;

/** Checks whether the timetable shows a place in the class, which proves the place at once. */
export const showsPlace = (reading: Reading): reading is Shown =>
  reading.kind === 'booked' || reading.kind === 'waitlisted';

/**
 * Checks whether the timetable, read with a proven session, shows no place in the class. Right after a booking or cancellation
 * it may lag behind.
 */
export const showsNoPlace = ({ kind }: Reading): boolean => kind === 'none' || kind === 'other-class';

/**
 * How certain the outcome is after a reading. `conclusive`: no other reading is needed. `likely`: one more reading is needed,
 * as soon as the timetable no longer lags behind. `open`: the timetable is read again and again until then.
 */
type Certainty = 'conclusive' | 'likely' | 'open';

/**
 * Judges how certain the outcome is after a reading. A place that the timetable shows is proof at once. A place that it does
 * not show is no proof while the timetable may lag behind, not even after a refusal in known words: AimHarder may have booked
 * all the same.
 *
 * @param mayBeOurs whether an earlier request for the same order may have made the booking.
 */
function certaintyOf(answer: BookingAnswer, reading: Reading, mayBeOurs: boolean): Certainty {
  if (showsPlace(reading) || reading.kind === 'logged-out' || reading.kind === 'cancelled') return 'conclusive';
  switch (meaningOf(answer)) {
    case 'refused':
      return mayBeOurs ? 'open' : certaintyOfRefusal(answer, reading);
    case 'too-early':
      return mayBeOurs ? 'open' : 'likely';
    case 'occupied':
      return reading.kind === 'other-class' ? 'conclusive' : 'open';
    case 'not-processed':
      if (!showsNoPlace(reading)) return 'open';
      // It is only assumed that AimHarder has not processed a request that it turned away, so another reading confirms it.
      return answer.kind === 'turned-away' ? 'likely' : 'conclusive';
    default:
      return 'open';
  }
}

/** Checks whether a reading is conclusive: the timetable need not be read again. */
export const isConclusive = (answer: BookingAnswer, reading: Reading, mayBeOurs = false): boolean =>
  certaintyOf(answer, reading, mayBeOurs) === 'conclusive';

/** Checks whether one more reading is enough to confirm this one, as soon as the timetable no longer lags behind. */
export const isLikely = (answer: BookingAnswer, reading: Reading, mayBeOurs = false): boolean =>
  certaintyOf(answer, reading, mayBeOurs) === 'likely';

/**
 * Judges how certain a refusal in known words is. It is `open` if the timetable is unreadable, or shows a free seat in a class
 * that AimHarder calls full: a timetable that lags behind may still show the member's own seat as free. It is `conclusive` if
 * the timetable shows that the class has no place left: then the request found no place, even if the timetable lags behind.
 */
function certaintyOfRefusal(answer: BookingAnswer, reading: Reading): Certainty {
  if (reading.kind === 'unreadable') return 'open';
  if (answer.kind !== 'class-full' || reading.kind !== 'none') return 'likely';
  if (reading.left === 'nothing') return 'conclusive';
  return reading.left === 'seat' ? 'open' : 'likely';
}

/** The outcome of a booking request, concluded from AimHarder's answer and the timetable. */
export type Conclusion = { readonly outcome: Outcome; readonly bookingId: string | null };

/**
 * Concludes the outcome from AimHarder's answer and the timetable. If the timetable shows a place, the place counts, whatever
 * the answer was. If it shows none, a place counts only if AimHarder has answered "booked".
 *
 * @param reading the last reading; `UNREAD` if the timetable was not read.
 * @param mayBeOurs whether an earlier request for the same order may have made the booking: then "already booked" means booked.
 */
export function conclude(answer: BookingAnswer, reading: Reading, mayBeOurs = false): Conclusion {
  if (showsPlace(reading)) {
    const { kind, bookingId } = reading;
    const wasBookedBefore = answer.kind === 'already-booked' && kind === 'booked' && !mayBeOurs;
    return { outcome: wasBookedBefore ? 'already-booked' : kind, bookingId: bookingId ?? statedId(answer) };
  }
  return { outcome: outcomeWithoutPlace(answer, reading), bookingId: statedId(answer) };
}

/** Returns the booking id that AimHarder's answer states; null if it states none. */
const statedId = (answer: BookingAnswer): string | null => ('bookingId' in answer ? answer.bookingId : null);

/** Concludes the outcome if the timetable shows no place, or was not read. */
function outcomeWithoutPlace(answer: BookingAnswer, reading: Reading): Outcome {
  switch (answer.kind) {
    case 'already-booked':
      // The conflicting booking is for another class at that hour (lib/aimharder/README.md, "Keys of -12").
      return showsNoPlace(reading) ? 'booking-limit' : 'unknown';
    case 'accepted':
      return 'unknown';
    case 'logged-out':
      return 'login-required';
    case 'turned-away':
    case 'unanswered':
      // The booking may have been made, and no reading has shown whether it was.
      if (meaningOf(answer) === 'unclear' && !showsNoPlace(reading)) return 'unknown';
      return outcomeOfFailure(answer.failure);
    default:
      return answer.kind;
  }
}

/** Returns the outcome of a failure of AimHarder. */
export function outcomeOfFailure({ code }: UpstreamFailure): Outcome {
  return code === 'upstream-timeout' || code === 'upstream-rejected' ? code : 'upstream-unreachable';
}
