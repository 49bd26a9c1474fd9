import { isTimeout } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, reload } from './as-member.ts';
import { BookingRefused, type BookingResult, bookAtOnce, type ClassToBook, hasTimeForAnswer } from './book-class.ts';
import { giveUpPlace } from './give-up-place.ts';

type ClassWithPreference = ClassToBook & {
  /**
   * What to do if no seat is left. `waitlist`: ask for a place on the waitlist. `skip`: leave the waitlist again if AimHarder
   * has assigned a place on it. null: keep the place that AimHarder has assigned.
   */
  readonly whenFull: 'waitlist' | 'skip' | null;
};

/**
 * Books a class, and follows the member's preference if the class is full. If there is no time to leave the waitlist, the member
 * stays on it.
 *
 * @throws BookingRefused class-full if the member has left the waitlist; the errors of `bookAtOnce`.
 */
export async function bookWithPreference(
  deps: MemberUpstream,
  member: MemberAtBox,
  { whenFull, ...sought }: ClassWithPreference,
  signal: AbortSignal,
): Promise<BookingResult> {
  const result = await bookAtOnce(deps, member, { ...sought, acceptWaitlist: whenFull === 'waitlist' }, signal);
  if (whenFull !== 'skip' || result.kind !== 'waitlisted' || result.bookingId === null) return result;
  if (!hasTimeForAnswer(deps, sought)) return result;
  const { bookingId } = result;
  const { credentials } = await reload(deps, member);
  const { answerBy } = sought;
  const timeLimit = answerBy === undefined ? [] : [deps.clock.timeout(answerBy - deps.clock.monotonic())];
  const inTime = AbortSignal.any([signal, ...timeLimit]);
  const hasLeft = await giveUpPlace(deps, credentials, { ...sought, bookingId }, inTime).catch((error: unknown) => {
    if (!isTimeout(error)) throw error;
    return false;
  });
  if (!hasLeft) return result;
  const message = 'The class is full. We gave up your place on its waitlist, as you prefer.';
  throw new BookingRefused('class-full', message, { outcome: 'class-full', bookingId: null });
}
