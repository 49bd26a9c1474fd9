import type { SessionStore } from '../sessions/session-store.ts';
import { isUnfinished, type Prebooking } from './prebooking.ts';
import { describePrebooking } from './prebooking-record.ts';

/** A member's pre-bookings as the member sees them: at risk while there is no live background session to fire them on. */
export async function presentPrebookings(sessions: SessionStore, email: string, prebookings: readonly Prebooking[]) {
  const background = prebookings.some(isUnfinished) ? await sessions.getBackgroundSession(email) : undefined;
  return prebookings.map((prebooking) => describePrebooking(prebooking, background?.state === 'active'));
}

export async function presentPrebooking(sessions: SessionStore, prebooking: Prebooking) {
  const background = isUnfinished(prebooking) ? await sessions.getBackgroundSession(prebooking.email) : undefined;
  return describePrebooking(prebooking, background?.state === 'active');
}
