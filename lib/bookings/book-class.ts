import {
  type AdvanceRule,
  ANSWER_DEADLINE,
  type BookingAnswer,
  LoggedOut,
  UNAUTHORIZED,
  UpstreamFailure,
} from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { AppError, type ErrorCode, isTimeout, SessionDied } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import type { Place } from './booking.ts';
import {
  type Conclusion,
  conclude,
  isConclusive,
  isLikely,
  mayMeanTooEarly,
  meaningOf,
  showsNoPlace,
  showsPlace,
  UNREAD,
} from './evidence.ts';
import { type Reading, readPlace, readUntilConclusive, SHOWN_WITHIN, type SoughtClass } from './read-back.ts';

export type BookingResult =
  | Place
  /** Bookings are not open yet. `rule` is the opening rule in AimHarder's refusal; null if there was none. */
  | { readonly kind: 'too-early'; readonly rule: OpeningRule | null };

export type ClassToBook = SoughtClass & {
  readonly classId: string;
  /** Whether to ask a second time, for a place on the waitlist, if the class is full. */
  readonly acceptWaitlist?: boolean;
  /** Whether the caller will order the class for its opening if bookings are not open yet. */
  readonly isOrderedIfTooEarly?: boolean;
  /** When the caller has to have the result, on the monotonic clock; at any time by default. */
  readonly answerBy?: Instant | undefined;
};

/** The sentence for the member about each refusal of AimHarder. */
const REFUSALS = {
  'already-booked': 'You already have a booking at that time.',
  'class-full': 'The class is full.',
  'no-credit': 'You have no credit left, or your tariff does not include this class.',
  unpaid: 'AimHarder accepts no bookings while you have an unpaid receipt.',
  'booking-limit': 'You have reached your limit of bookings.',
  'too-late': 'It is too late to book this class.',
} as const;

/** How long reading the booking back may take at most, in milliseconds: the member waits for it. `answerBy` may leave less. */
const READ_BACK_LIMIT = 8 * SECOND;

/**
 * AimHarder refused the booking, or accepted it but the timetable does not show it. `code` and `message` go into the HTTP
 * problem; `conclusion` goes into a stored record.
 */
export class BookingRefused extends AppError {
  override readonly name = 'BookingRefused';
  readonly conclusion: Conclusion;
  /** Whether the refusal, in unknown words, may mean that bookings are not open yet. No place was booked then. */
  readonly mayBeTooEarly: boolean;

  constructor(code: ErrorCode, message: string, conclusion: Conclusion, mayBeTooEarly = false) {
    super(code, message);
    this.conclusion = conclusion;
    this.mayBeTooEarly = mayBeTooEarly;
  }
}

/**
 * Books a class with one booking request. If the class is full and `acceptWaitlist` is set, a second request asks for the
 * waitlist. Then the timetable decides the outcome. A booking request is never sent only to find the outcome.
 *
 * @throws BookingRefused with the reason for a refusal; UpstreamFailure when no usable answer came and the timetable shows no
 *   place; SessionDied.
 */
export async function bookAtOnce(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: ClassToBook,
  signal: AbortSignal,
): Promise<BookingResult> {
  const { answer, current, mayBeOurs } = await sendBooking(deps, member, sought, signal);
  const reading = await readBack(deps, current, sought, answer, signal);
  const concluded = conclude(answer, reading, mayBeOurs);
  // The class was full a moment ago, so a place that the timetable does not show yet is probably on the waitlist. If it is a seat
  // after all, a later reading of the timetable finds that.
  const isLikelyWaitlisted = mayBeOurs && concluded.outcome === 'booked' && !showsPlace(reading);
  const conclusion: Conclusion = isLikelyWaitlisted ? { ...concluded, outcome: 'waitlisted' } : concluded;
  const { outcome, bookingId } = conclusion;
  if ((outcome === 'booked' || outcome === 'waitlisted') && (answer.kind !== 'already-booked' || mayBeOurs))
    return { kind: outcome, bookingId };
  if (answer.kind === 'too-early') return { kind: answer.kind, rule: answer.rule && toOpeningRule(answer.rule) };
  if ('failure' in answer) throw answer.failure;
  if (answer.kind === 'class-full' && sought.acceptWaitlist && !mayBeOurs)
    throw new BookingRefused('upstream-timeout', WAITLIST_NOT_ASKED, conclusion);
  const mayBeTooEarly = mayMeanTooEarly(answer) && showsNoPlace(reading);
  throw new BookingRefused(...describeRefusal(answer, reading, mayBeOurs), conclusion, mayBeTooEarly);
}

/** An answer after which the member may be without a place. */
type AnswerWithoutPlace = Exclude<BookingAnswer, { readonly kind: 'too-early' | 'unanswered' | 'turned-away' }>;

/**
 * Returns the problem code and the sentence for the member.
 *
 * @param isWaitlistAsked whether the refusal answers the request for the waitlist.
 */
function describeRefusal(answer: AnswerWithoutPlace, reading: Reading, isWaitlistAsked: boolean): [ErrorCode, string] {
  const { kind } = answer;
  const quoted = quote(answer.message);
  switch (kind) {
    case 'unknown':
      return ['upstream-rejected', `AimHarder gave an answer that we do not know: ${answer.code}.${quoted}`];
    case 'already-booked':
      return [kind, `${describeConflict(reading)}${quoted}`];
    case 'booking-limit':
      return [kind, `${REFUSALS[kind]}${answer.max === null ? '' : ` The maximum is ${answer.max}.`}${quoted}`];
    case 'class-full':
      return [kind, `${isWaitlistAsked ? WAITLIST_FULL_TOO : REFUSALS[kind]}${quoted}`];
    case 'no-credit':
    case 'unpaid':
    case 'too-late':
      return [kind, `${REFUSALS[kind]}${quoted}`];
    default:
      // AimHarder accepted the booking.
      return ['upstream-rejected', reading.kind === 'unreadable' ? NOT_READ : NOT_SHOWN];
  }
}

const NOT_SHOWN =
  'AimHarder accepted the booking, but its timetable does not show it. Check your bookings before you book again.';
const NOT_READ =
  'AimHarder accepted the booking, but its timetable could not be read in time. Check your bookings before you book again.';
const WAITLIST_FULL_TOO = 'The class and its waitlist are full.';
const WAITLIST_NOT_ASKED =
  'The class is full, and AimHarder answers too slowly to be asked for a place on its waitlist as well. Try again.';

/** Describes which class the member has at that time, as far as the timetable shows it. */
function describeConflict(reading: Reading): string {
  if (showsPlace(reading)) return 'You already have a place in this class.';
  if (reading.kind === 'other-class') return `You already have a place in another class at that time: ${reading.name}.`;
  return REFUSALS['already-booked'];
}

/**
 * Sends the booking request. If the class is full and `acceptWaitlist` is set, sends the request for the waitlist too. A request
 * is sent only if there is time for its answer.
 *
 * @returns AimHarder's last answer, and the member with the session of that request. `mayBeOurs`: whether the first request may
 *   have booked. If so, the answer "already booked" to the second request means that the first has booked.
 * @throws UpstreamFailure if there is no time for the first request.
 */
async function sendBooking(deps: MemberUpstream, member: MemberAtBox, sought: ClassToBook, signal: AbortSignal) {
  const { box, day, classId, familyId, acceptWaitlist = false } = sought;
  const request = { box, day, classId, familyId: familyId ?? undefined };
  const send = (asker: MemberAtBox, wanted: { readonly acceptWaitlist: boolean }) =>
    withLiveSession(deps, asker, signal, async (current) => {
      if (!hasTimeForAnswer(deps, sought)) return undefined;
      const answer = await deps.aimHarder.book(current.credentials, { ...request, ...wanted }, signal);
      return { answer: answer.kind === 'logged-out' ? interpretSessionRefusal(answer.code) : answer, current };
    });
  const sent = await send(member, { acceptWaitlist: false });
  if (!sent) throw new UpstreamFailure('upstream-timeout', NOT_SENT, { mayHaveTakenEffect: false });
  const asksForWaitlist = acceptWaitlist && sent.answer.kind === 'class-full';
  const asked = asksForWaitlist ? await send(sent.current, { acceptWaitlist }) : undefined;
  return asked ? { ...asked, mayBeOurs: true } : { ...sent, mayBeOurs: false };
}

const NOT_SENT = 'AimHarder answers too slowly. The class was not booked; try again.';

/** Checks whether another request can be answered before the caller has to have the result. */
export const hasTimeForAnswer = (
  { clock }: Pick<MemberUpstream, 'clock'>,
  { answerBy = Number.POSITIVE_INFINITY }: Pick<ClassToBook, 'answerBy'>,
): boolean => clock.monotonic() + ANSWER_DEADLINE <= answerBy;

/**
 * Interprets a refusal of the session. A 401 without `logout` does not prove that AimHarder has ended the session: it counts as
 * an answer that was not understood, so that the timetable decides, and whoami is asked before a session is ended.
 *
 * @throws LoggedOut for any other refusal.
 */
function interpretSessionRefusal(code: string): BookingAnswer {
  if (code !== UNAUTHORIZED) throw new LoggedOut();
  const message = 'AimHarder refused the request (status 401).';
  return {
    kind: 'unanswered',
    failure: new UpstreamFailure('upstream-rejected', message, { mayHaveTakenEffect: true }),
  };
}

export const toOpeningRule = ({ unit, amount }: AdvanceRule): OpeningRule =>
  unit === 'days' ? { daysBefore: amount } : { hoursBefore: amount };

const quote = (message: string | null): string => (message === null ? '' : ` AimHarder says: “${message}”`);

/**
 * Checks whether an order follows the refusal. Then one reading is enough, because the order's firing reads the timetable again
 * before its shot. If the refusal names no rule, the class may not be ordered.
 */
const isOrderNext = (answer: BookingAnswer, { isOrderedIfTooEarly = false }: ClassToBook): boolean =>
  answer.kind === 'too-early' && answer.rule !== null && isOrderedIfTooEarly;

/**
 * Reads the timetable until it shows the result of the booking request, or no longer lags behind. The member waits up to 6 s for
 * a refusal, because AimHarder may have booked the class all the same.
 */
async function readBack(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: ClassToBook,
  answer: BookingAnswer,
  signal: AbortSignal,
): Promise<Reading> {
  const { answerBy = Number.POSITIVE_INFINITY } = sought;
  const timeLeft = Math.min(READ_BACK_LIMIT, answerBy - deps.clock.monotonic());
  const limit = AbortSignal.any([signal, deps.clock.timeout(timeLeft)]);
  const read = () =>
    withLiveSession(deps, member, limit, async ({ credentials }) => {
      const reading = await readPlace(deps.aimHarder, credentials, sought, limit);
      if (reading.kind === 'logged-out') throw new LoggedOut();
      return reading;
    });
  const options = {
    read,
    isConclusive: (reading: Reading) => isOrderNext(answer, sought) || isConclusive(answer, reading),
    isLikely: (reading: Reading) => isLikely(answer, reading),
    until: deps.clock.monotonic() + SHOWN_WITHIN,
  };
  return readUntilConclusive(deps.clock, options, limit).catch((error: unknown) => {
    // The time is up, or the caller's request was aborted: only AimHarder's answer is known.
    if (isTimeout(error) || signal.aborted) return UNREAD;
    // A clear answer of AimHarder counts even if the session has died since.
    if (error instanceof SessionDied && isClear(answer)) return UNREAD;
    throw error;
  });
}

/** Checks whether AimHarder has answered "booked", or has refused in known words. */
const isClear = (answer: BookingAnswer): boolean =>
  answer.kind === 'booked' || answer.kind === 'too-early' || meaningOf(answer) === 'refused';
