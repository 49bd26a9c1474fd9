import { AppError } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type MemberAtBox, reload } from './as-member.ts';
import { type BookingResult, bookAtOnce } from './book-class.ts';
import { leaveWaitlist } from './leave-waitlist.ts';

type Wished = Parameters<typeof bookAtOnce>[2] & {
  /** What to do when no seat is left: ask for the waitlist, or give a place on it back; null takes what comes. */
  readonly whenFull: 'waitlist' | 'skip' | null;
};

/** Books a class at once, and does as the member wishes when it is full. @throws AppError as `bookNow`. */
export async function bookWithPreference(
  deps: MemberUpstream,
  member: MemberAtBox,
  { whenFull, ...sought }: Wished,
  signal: AbortSignal,
): Promise<BookingResult> {
  const booked = await bookAtOnce(deps, member, sought, signal).catch((error: unknown) => {
    const isFull = error instanceof AppError && error.code === 'class-full';
    if (!isFull || whenFull !== 'waitlist') throw error;
    return bookAtOnce(deps, member, { ...sought, acceptWaitlist: true }, signal);
  });
  if (whenFull !== 'skip' || booked.kind !== 'waitlisted' || booked.bookingId === null) return booked;
  const { bookingId } = booked;
  const { credentials } = await reload(deps, member);
  if (!(await leaveWaitlist(deps.aimHarder, credentials, { ...sought, bookingId }, signal))) return booked;
  throw new AppError('class-full', 'The class is full; the place on its waitlist was given back.');
}
