import type { AdvanceRule, BookingAnswer } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { AppError, SessionDied } from '../platform/errors.ts';
import { endAtLogout, type RefreshDeps } from '../sessions/refresh.ts';
import type { MemberAtBox } from './classes.ts';
import { readBack, type Sought } from './read-back.ts';

export type Booked =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null }
  /** Bookings are not open yet; AimHarder may have said by which rule. */
  | { readonly kind: 'too-early'; readonly rule: OpeningRule | null };

/** What a refusal means to the member. */
const REFUSALS = {
  'already-booked': 'You already have a booking at that hour.',
  'class-full': 'The class and its waitlist are full.',
  'no-credit': 'No credit is left, or your tariff does not include this class.',
  unpaid: 'AimHarder refuses bookings because of an unpaid receipt.',
  'booking-limit': 'You have reached the limit of bookings.',
  'too-late': 'It is too late to book this class.',
} as const;

/**
 * Books a class at once, with one request. An answer that was lost is resolved by reading the listing, never by asking twice.
 *
 * @throws AppError with the reason for a refusal; upstream-* when there was no usable answer and no booking is to be seen.
 */
export async function bookNow(
  deps: RefreshDeps,
  member: MemberAtBox,
  sought: Sought & { readonly classId: string },
  signal: AbortSignal,
): Promise<Booked> {
  const { box, day, classId, familyId } = sought;
  const answer = await deps.aimHarder.book(
    member.opened,
    { box, day, classId, familyId: familyId ?? undefined },
    signal,
  );
  switch (answer.kind) {
    case 'booked':
      return { kind: 'booked', bookingId: answer.bookingId };
    case 'too-early':
      return { kind: 'too-early', rule: answer.rule && ruleOf(answer.rule) };
    case 'accepted':
    case 'unanswered':
      return confirm(deps, member, sought, answer, signal);
    case 'logged-out':
      await endAtLogout(deps, member.session);
      throw new SessionDied();
    case 'unknown':
      throw new AppError('upstream-rejected', `AimHarder gave an answer that is not known: ${answer.code}.`);
    default:
      throw new AppError(answer.kind, REFUSALS[answer.kind]);
  }
}

export const ruleOf = ({ unit, amount }: AdvanceRule): OpeningRule =>
  unit === 'days' ? { daysBefore: amount } : { hoursBefore: amount };

async function confirm(
  deps: RefreshDeps,
  { opened }: MemberAtBox,
  sought: Sought,
  answer: Extract<BookingAnswer, { kind: 'accepted' | 'unanswered' }>,
  signal: AbortSignal,
): Promise<Booked> {
  const found = await readBack(deps.aimHarder, opened, sought, signal);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return found;
  if (answer.kind === 'unanswered') throw answer.failure;
  throw new AppError(
    'upstream-rejected',
    'AimHarder accepted the booking, but its timetable does not show it. Look before you book again.',
  );
}
