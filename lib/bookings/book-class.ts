import { type AdvanceRule, type BookingAnswer, LoggedOut } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { SECOND } from '../platform/clock.ts';
import { AppError, isTimeout } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, withLiveSession } from './as-member.ts';
import { confirmReservation, findReservation, type SoughtClass } from './read-back.ts';

export type BookingResult =
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

/** A class that its box shows. */
type Listed = SoughtClass & { readonly classId: string };

/** What was booked is read back within this long: what is left of the request after a booking that took its 8 s. */
const READ_BACK_PATIENCE = 6 * SECOND;

/**
 * Books a class at once, with one request. An answer that was lost is resolved by reading the listing, never by asking twice.
 *
 * @throws AppError with the reason for a refusal; upstream-* when there was no usable answer and no booking is to be seen.
 */
export async function bookAtOnce(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: Listed & { readonly acceptWaitlist?: boolean },
  signal: AbortSignal,
): Promise<BookingResult> {
  const { box, day, classId, familyId, acceptWaitlist = false } = sought;
  const order = { box, day, classId, familyId: familyId ?? undefined, acceptWaitlist };
  const { answer, ...asked } = await withLiveSession(deps, member, signal, async (asking) => {
    const given = await deps.aimHarder.book(asking.credentials, order, signal);
    if (given.kind === 'logged-out') throw new LoggedOut();
    return { ...asking, answer: given };
  });
  const patience = () => AbortSignal.any([signal, AbortSignal.timeout(READ_BACK_PATIENCE)]);
  switch (answer.kind) {
    case 'booked':
      return seatOrWaitlist(deps, asked, sought, answer.bookingId, patience());
    case 'too-early':
      return { kind: 'too-early', rule: answer.rule && toOpeningRule(answer.rule) };
    case 'accepted':
    case 'unanswered':
      return confirm(deps, asked, sought, answer, patience());
    case 'unknown':
      throw new AppError(
        'upstream-rejected',
        `AimHarder gave an answer that is not known: ${answer.code}.${quoted(answer.message)}`,
      );
    case 'already-booked': {
      const held = await holderOfTheHour(deps, asked, sought, patience());
      throw new AppError(answer.kind, `${held ?? REFUSALS[answer.kind]}${quoted(answer.message)}`);
    }
    case 'booking-limit': {
      const most = answer.max === null ? '' : ` The most is ${answer.max}.`;
      throw new AppError(answer.kind, `${REFUSALS[answer.kind]}${most}${quoted(answer.message)}`);
    }
    default:
      throw new AppError(answer.kind, `${REFUSALS[answer.kind]}${quoted(answer.message)}`);
  }
}

export const toOpeningRule = ({ unit, amount }: AdvanceRule): OpeningRule =>
  unit === 'days' ? { daysBefore: amount } : { hoursBefore: amount };

const quoted = (message: string | null): string => (message === null ? '' : ` AimHarder says: “${message}”`);

/** Only the listing tells what AimHarder's 1 has brought (lib/aimharder/README.md, "Seat or waitlist"). */
async function seatOrWaitlist(
  { aimHarder }: MemberUpstream,
  { credentials }: MemberAtBox,
  sought: SoughtClass,
  bookingId: string | null,
  signal: AbortSignal,
): Promise<BookingResult> {
  const found = await findReservation(aimHarder, credentials, sought, signal);
  const kind = found.kind === 'waitlisted' ? 'waitlisted' : 'booked';
  return { kind, bookingId: ('bookingId' in found ? found.bookingId : null) ?? bookingId };
}

/** In words, which class it is that the member has at that hour; undefined when the listing does not tell. */
async function holderOfTheHour(
  { aimHarder }: MemberUpstream,
  { credentials }: MemberAtBox,
  sought: SoughtClass,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await findReservation(aimHarder, credentials, sought, signal);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return 'You already have a place in this class.';
  if (found.kind === 'other-class') return `You already have a place in another class at that hour: ${found.name}.`;
  return undefined;
}

/** Another caller may take longer to renew the token than the reading is waited for. */
function unreadable(error: unknown): { readonly kind: 'unreadable' } {
  if (isTimeout(error)) return { kind: 'unreadable' };
  throw error;
}

async function confirm(
  deps: MemberUpstream,
  member: MemberAtBox,
  sought: SoughtClass,
  answer: Extract<BookingAnswer, { kind: 'accepted' | 'unanswered' }>,
  signal: AbortSignal,
): Promise<BookingResult> {
  const found = await withLiveSession(deps, member, signal, async ({ credentials }) => {
    const read = await confirmReservation(deps.aimHarder, credentials, sought, signal);
    if (read.kind === 'logged-out') throw new LoggedOut();
    return read;
  }).catch(unreadable);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return found;
  if (answer.kind === 'unanswered') throw answer.failure;
  throw new AppError(
    'upstream-rejected',
    'AimHarder accepted the booking, but its timetable does not show it. Look before you book again.',
  );
}
