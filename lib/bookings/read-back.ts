import {
  type AimHarder,
  type AimHarderSession,
  LoggedOut,
  resolveClass,
  UpstreamFailure,
} from '../aimharder/client.ts';

/** The class to look for. Its start and name find it again if its slot id has changed. */
export type SoughtClass = {
  readonly box: string;
  readonly boxId: string;
  readonly day: string;
  readonly classId: string | null;
  readonly familyId: string | null;
  readonly className: string;
  readonly classTime: string;
};

export type FoundReservation =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null }
  /** The member has another class at that time. */
  | { readonly kind: 'other-class'; readonly name: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' };

/** Reads from the timetable whether the member has a place. Only the timetable tells a seat from the waitlist. */
export async function findReservation(
  aimHarder: AimHarder,
  session: AimHarderSession,
  sought: SoughtClass,
  signal: AbortSignal,
): Promise<FoundReservation> {
  const found = await readTimetable(aimHarder, session, sought, signal);
  return found.kind === 'logged-out' ? { kind: 'unreadable' } : found;
}

async function readTimetable(
  aimHarder: AimHarder,
  session: AimHarderSession,
  { box, boxId, day, classId, familyId, className, classTime }: SoughtClass,
  signal: AbortSignal,
): Promise<ConfirmedReservation> {
  try {
    const classes = await aimHarder.listClasses(session, { box, boxId, day, familyId: familyId ?? undefined }, signal);
    const resolved = resolveClass(classes, { classId, start: classTime, name: className });
    const sought = 'listed' in resolved ? resolved.listed : undefined;
    if (sought?.mine) return { kind: sought.mine, bookingId: sought.bookingId };
    const other = classes.find((listed) => listed.mine !== null && listed.start === classTime);
    return other ? { kind: 'other-class', name: other.name } : { kind: 'none' };
  } catch (error) {
    if (error instanceof LoggedOut) return { kind: 'logged-out' };
    if (error instanceof UpstreamFailure) return { kind: 'unreadable' };
    throw error;
  }
}

/** A reservation that was read with a proven session. Without one, AimHarder shows the public timetable, which has no bookings. */
export type ConfirmedReservation = FoundReservation | { readonly kind: 'logged-out' };

/** Reads as `findReservation` does, and answers `none` only after whoami has proven that the session is alive. */
export async function confirmReservation(
  aimHarder: AimHarder,
  session: AimHarderSession,
  sought: SoughtClass,
  signal: AbortSignal,
): Promise<ConfirmedReservation> {
  const found = await readTimetable(aimHarder, session, sought, signal);
  if (found.kind !== 'none') return found;
  try {
    const proof = await aimHarder.whoAmI(session, signal);
    return proof.kind === 'member' ? found : { kind: 'logged-out' };
  } catch (error) {
    if (error instanceof UpstreamFailure) return { kind: 'unreadable' };
    throw error;
  }
}
