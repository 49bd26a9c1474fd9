import * as z from 'zod/mini';
import { Outcome } from '../events/outcome.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { AIMED_BY, isUnfinished, type Prebooking, type Result, STATUSES, WHEN_FULL } from './prebooking.ts';

// The schemas serve only the OpenAPI document. The calls that make them are marked as pure, so that esbuild leaves them out of
// the functions' bundles.

/** A pre-booking's result in a response. */
export const ResultView = /* @__PURE__ */ (() =>
  z.strictObject({
    outcome: Outcome,
    bookingId: z.nullable(z.string()),
    code: z.nullable(z.string()),
    message: z.nullable(z.string()),
    firedAt: z.nullable(z.iso.datetime()),
    latenessMs: z.nullable(z.number()),
    latenessBoundMs: z.nullable(z.number()),
    shots: z.int(),
    aimedBy: z.nullable(z.enum(AIMED_BY)),
  }))();

/** A pre-booking in a response. */
export const PrebookingView = /* @__PURE__ */ (() =>
  z.strictObject({
    id: z.string(),
    box: z.string(),
    day: z.iso.date(),
    classId: z.nullable(z.string()),
    familyId: z.nullable(z.string()),
    whenFull: z.nullable(z.enum(WHEN_FULL)),
    routineId: z.nullable(z.string()),
    className: z.string(),
    classStartsAt: z.iso.datetime(),
    opensAt: z.iso.datetime(),
    wakesAt: z.iso.datetime(),
    status: z.enum(STATUSES),
    atRisk: z.boolean(),
    createdAt: z.iso.datetime(),
    promotedAt: z.nullable(z.iso.datetime()),
    result: z.nullable(ResultView),
  }))();

type PrebookingView = z.output<typeof PrebookingView>;

/** Builds the views of a member's pre-bookings. Loads the background session if a view needs it for `atRisk`. */
export async function loadPrebookingViews(
  sessions: SessionStore,
  email: string,
  prebookings: readonly Prebooking[],
): Promise<readonly PrebookingView[]> {
  const background = prebookings.some(isUnfinished) ? await sessions.getBackgroundSession(email) : undefined;
  return prebookingViews(prebookings, background);
}

/** Builds the views of a member's pre-bookings. @param background the member's background session, if there is one. */
export const prebookingViews = (
  prebookings: readonly Prebooking[],
  background: BackgroundSession | undefined,
): readonly PrebookingView[] =>
  prebookings.map((prebooking) => prebookingView(prebooking, background?.state === 'active'));

/** Builds the view of one pre-booking, as `loadPrebookingViews` does. */
export async function loadPrebookingView(sessions: SessionStore, prebooking: Prebooking): Promise<PrebookingView> {
  const background = isUnfinished(prebooking) ? await sessions.getBackgroundSession(prebooking.email) : undefined;
  return prebookingView(prebooking, background?.state === 'active');
}

/** Builds the view field by field, so that no new attribute of the item is shown by accident. */
function prebookingView(prebooking: Prebooking, hasLiveSession: boolean): PrebookingView {
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
    atRisk: isUnfinished(prebooking) && !hasLiveSession,
    createdAt: toIso(prebooking.createdAt),
    promotedAt: optionalIso('promotedAt' in prebooking ? prebooking.promotedAt : undefined),
    result: 'result' in prebooking ? resultView(prebooking.result) : null,
  };
}

const optionalIso = (instant: Instant | undefined): string | null => (instant === undefined ? null : toIso(instant));

const resultView = (result: Result): z.output<typeof ResultView> => ({
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
