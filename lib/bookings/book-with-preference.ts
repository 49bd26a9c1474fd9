import { AppError } from '../platform/errors.ts';
import type { RefreshDeps } from '../refresh/refresh-session.ts';
import { type MemberAtBox, upToDate } from './as-member.ts';
import { type Booked, bookNow } from './book-class.ts';
import { giveBack } from './leave-waitlist.ts';

type Wished = Parameters<typeof bookNow>[2] & {
  /** What to do when no seat is left: ask for the waitlist, or give a place on it back; null takes what comes. */
  readonly whenFull: 'waitlist' | 'skip' | null;
};

/** Books a class at once, and does as the member wishes when it is full. @throws AppError as `bookNow`. */
export async function bookAsWished(
  deps: RefreshDeps,
  member: MemberAtBox,
  { whenFull, ...sought }: Wished,
  signal: AbortSignal,
): Promise<Booked> {
  const booked = await bookNow(deps, member, sought, signal).catch((error: unknown) => {
    const isFull = error instanceof AppError && error.code === 'class-full';
    if (!isFull || whenFull !== 'waitlist') throw error;
    return bookNow(deps, member, { ...sought, insists: true }, signal);
  });
  if (whenFull !== 'skip' || booked.kind !== 'waitlisted' || booked.bookingId === null) return booked;
  const { bookingId } = booked;
  const { opened } = await upToDate(deps, member);
  if (!(await giveBack(deps.aimHarder, opened, { ...sought, bookingId }, signal))) return booked;
  throw new AppError('class-full', 'The class is full; the place on its waitlist was given back.');
}
