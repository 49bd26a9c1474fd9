import { toIso } from '../platform/dynamodb.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isUnfinished, type Prebooking, type Result } from './prebooking.ts';

/** A member's pre-bookings as the member sees them: at risk while there is no live background session to fire them on. */
export async function loadPrebookingViews(sessions: SessionStore, email: string, prebookings: readonly Prebooking[]) {
  const background = prebookings.some(isUnfinished) ? await sessions.getBackgroundSession(email) : undefined;
  return prebookings.map((prebooking) => prebookingView(prebooking, background?.state === 'active'));
}

export async function loadPrebookingView(sessions: SessionStore, prebooking: Prebooking) {
  const background = isUnfinished(prebooking) ? await sessions.getBackgroundSession(prebooking.email) : undefined;
  return prebookingView(prebooking, background?.state === 'active');
}

/** The pre-booking as its member sees it (the HTTP contract's `Prebooking`): chosen field by field. */
function prebookingView(prebooking: Prebooking, backgroundIsAlive: boolean) {
  return {
    id: prebooking.id,
    box: prebooking.box,
    day: prebooking.day,
    classId: prebooking.classId,
    familyId: prebooking.familyId,
    whenFull: prebooking.whenFull,
    routineId: prebooking.routineId,
    className: prebooking.className,
    classStartsAt: toIso(prebooking.classStartsAt),
    opensAt: toIso(prebooking.opensAt),
    wakesAt: toIso(prebooking.wakesAt),
    status: prebooking.status,
    atRisk: isUnfinished(prebooking) && !backgroundIsAlive,
    createdAt: toIso(prebooking.createdAt),
    result: 'result' in prebooking ? resultView(prebooking.result) : null,
  };
}

const resultView = (result: Result) => ({
  outcome: result.outcome,
  bookingId: result.bookingId,
  code: result.code,
  message: result.message,
  firedAt: result.firedAt === null ? null : toIso(result.firedAt),
  latenessMs: result.latenessMs,
  latenessBoundMs: result.latenessBoundMs,
  shots: result.shots,
  aimedBy: result.aimedBy,
});
