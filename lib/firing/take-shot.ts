import type { AimHarderSession } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { toOpeningRule } from '../bookings/book-class.ts';
import { giveUpPlace } from '../bookings/give-up-place.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { LearnedRules } from '../boxes/learned-rules.ts';
import type { OpeningDelay } from '../boxes/opening-delay.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import type { Measure } from '../platform/metrics.ts';
import type { ClaimWrites } from '../prebookings/claim-writes.ts';
import { applyOpeningRule } from '../prebookings/find-opening.ts';
import type { Result, Unfinished } from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { beforeFirstShot } from './after-shot.ts';
import { type Aim, type AimSetting, estimateLateness } from './aim.ts';
import type { HeldLease, SkipReason } from './claim.ts';
import { type Explanation, explainRefusal, explainShots, type MovedClass, type RowShots } from './explain-refusal.ts';
import { postpone } from './follow.ts';
import { learnOpeningDelay } from './opening-delay.ts';
import { learnOpeningRule } from './opening-rule.ts';
import type { PrepareDeps, PreparedShot } from './prepare.ts';
import { type ShotPlan, type ShotsResult, shoot } from './shoot.ts';
import { findClassAtOpening } from './timetable-check.ts';

export type FireDeps = PrepareDeps & {
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly claims: ClaimWrites;
  readonly boxes: BoxStore;
  readonly learnedRules: LearnedRules;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  /** Opens a connection to a box for this firing alone. */
  readonly connect: (box: string) => Connection;
  readonly aimSetting: AimSetting;
  /** Returns when a repeated shot may leave: see `ShootDeps`. */
  readonly spaceShot: (at: Instant) => Instant;
  /** Returns a random number from 0 to 1. */
  readonly random: () => number;
  readonly measure: Measure;
};

/** The result of a firing, and the class's slot id under which the shots were sent; absent if no shot was sent. */
export type FiringResult = Result & { readonly classId?: string };

export type ClaimedFiring = {
  readonly prebooking: Unfinished;
  readonly lease: HeldLease;
  readonly connection: Connection;
};

export type Aims = {
  /** The aim for the calibrated connection. */
  readonly aimed: Aim;
  /** The aim for any other connection, whose path is unknown. */
  readonly uncalibrated: Aim;
  /** The box's known opening delay. */
  readonly openingDelay: OpeningDelay | null;
  /** The delay that the aims include, in milliseconds. */
  readonly openingDelayMs: number;
};

export type CommittedFiring = ClaimedFiring &
  Aims & {
    readonly prepared: PreparedShot;
    readonly credentials: AimHarderSession;
  };

type TakeShotDeps = FireDeps & {
  /** Replaces a session that AimHarder has just refused. @returns undefined if there is no other. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
};

/**
 * Takes the shot of a committed pre-booking: waits, shoots, and learns from the answers.
 *
 * @returns the result; the class's new row if the class has moved; `postponed` if AimHarder named a later opening.
 */
export async function takeShot(
  deps: TakeShotDeps,
  committed: CommittedFiring,
  signal: AbortSignal,
): Promise<FiringResult | MovedClass | SkipReason> {
  const { prebooking, prepared, lease, connection, aimed, uncalibrated } = committed;
  const { sendAt, method } = connection.routeId() === prepared.routeId ? aimed : uncalibrated;
  // The renewal of the lease resumes well after the shot, because no write may delay the shot.
  const untilShot = Math.max(0, sendAt - deps.clock.monotonic());
  const resumed = deps.clock.timeout(untilShot + SECOND);
  const resume = () => lease.startRenewing(signal, 0);
  resumed.addEventListener('abort', resume);
  try {
    const classId = prepared.classId ?? (await findClass(deps, committed, sendAt, signal));
    if (typeof classId !== 'string') return classId;
    const { reason, ...shooting } = await shootAndExplain(deps, committed, classId, sendAt, signal);
    if (typeof reason === 'object') return reason;
    await learnOpeningDelay(deps, { ...prebooking, ...committed, calibration: prepared.calibration }, shooting);
    if (!reason && (await postponeIfOpensLater(deps, committed, shooting, signal))) return 'postponed';
    const outcome = reason ?? shooting.outcome;
    const result = toResult(deps, committed, { ...shooting, outcome }, method);
    const final = await declineUnwantedWaitlist(deps, prebooking, shooting.session, result, signal);
    return { ...final, classId: shooting.classId };
  } finally {
    resumed.removeEventListener('abort', resume);
  }
}

const findClass = (
  { clock }: FireDeps,
  { prebooking, connection, credentials }: CommittedFiring,
  from: Instant,
  signal: AbortSignal,
): Promise<string | Result> => findClassAtOpening({ clock, connection }, credentials, prebooking, from, signal);

/** The result of the shots, the slot id of the last shot, and the reason of a refusal that the timetable shows. */
type ExplainedShots = ShotsResult & {
  readonly classId: string;
  readonly reason: MovedClass | 'class-cancelled' | undefined;
};

/**
 * Shoots at `sendAt`, on the monotonic clock; or at once if the class was found only at the opening. If another row has replaced
 * the class since the preparation, shoots at that row too, once and at once: a refusal as too early may have been about the first
 * row alone. The second shooting carries over what the first has used and learnt.
 */
async function shootAndExplain(
  deps: TakeShotDeps,
  committed: CommittedFiring,
  classId: string,
  sendAt: Instant,
  signal: AbortSignal,
): Promise<ExplainedShots> {
  const { prebooking, prepared, credentials } = committed;
  const plan = {
    sendAt: prepared.classId === null ? deps.clock.monotonic() : sendAt,
    sendAtUncalibrated: committed.uncalibrated.sendAt,
    before: beforeFirstShot(credentials, prebooking.status === 'firing' ? prebooking.shots : 0),
  };
  const shooting = await shootAt(deps, committed, classId, plan, signal);
  const reason = await explainShots(deps, { prebooking, classId }, shooting, signal);
  if (typeof reason !== 'object' || !('replacedBy' in reason)) return { ...shooting, classId, reason };
  // The first row may be booked already, so no shot leaves for the second one.
  if (shooting.mayBeBooked) return { ...shooting, classId, reason: undefined };
  const { replacedBy } = reason;
  const next = { ...plan, sendAt: deps.clock.monotonic(), before: shooting };
  const secondShooting = await shootAt(deps, committed, replacedBy, next, signal);
  const explanation = await explainShots(deps, { prebooking, classId: replacedBy }, secondShooting, signal);
  // A second replacement is not followed.
  const finalReason = typeof explanation === 'object' && 'replacedBy' in explanation ? undefined : explanation;
  return { ...secondShooting, classId: replacedBy, reason: finalReason };
}

async function shootAt(
  deps: TakeShotDeps,
  { prebooking, lease, connection }: CommittedFiring,
  classId: string,
  plan: ShotPlan,
  signal: AbortSignal,
): Promise<RowShots> {
  const recordShots = (shots: number, leavesAt: Instant) => lease.recordShots(shots, leavesAt, signal);
  const shotsOver = new AbortController();
  const whileShooting = AbortSignal.any([signal, shotsOver.signal]);
  const target = { prebooking, classId, connection };
  let changed: Explanation | undefined;
  const hasClassChanged = async (session: AimHarderSession) => {
    const explain = () =>
      explainRefusal(deps, target, { outcome: 'too-early', rule: null, session, shots: 0 }, whileShooting);
    // A timetable that is wrong once must not end the shots.
    changed = (await explain()) && (await explain());
    return changed !== undefined;
  };
  try {
    const shooting = await shoot({ ...deps, recordShots, hasClassChanged }, target, plan, signal);
    return { ...shooting, changed };
  } finally {
    shotsOver.abort();
  }
}

function toResult(
  { clock }: FireDeps,
  { prebooking: { opensAt }, prepared: { calibration } }: CommittedFiring,
  { outcome, bookingId, code, message, shots, firstShotAt }: ShotsResult,
  aimedBy: Aim['method'],
): Result {
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const lateness = estimateLateness({ sentAt: firstShotAt, opensAt, calibration, wallMinusMonotonic });
  // AimHarder accepts no early shot. If the estimate says that an accepted shot came early, the estimate is wrong, within its bound.
  const wasAccepted = shots === 1 && (outcome === 'booked' || outcome === 'waitlisted');
  const latenessMs = wasAccepted ? Math.max(0, lateness.latenessMs) : lateness.latenessMs;
  return { outcome, bookingId, code, message, shots, ...lateness, latenessMs, aimedBy };
}

/** How far ahead a later opening must be to postpone the pre-booking, in milliseconds: a new wake-up takes that long. */
const WORTH_POSTPONING = 30 * SECOND;

/** Postpones the pre-booking if AimHarder's last answer named a later opening. @returns whether it was postponed. */
async function postponeIfOpensLater(
  deps: FireDeps,
  { prebooking, lease }: CommittedFiring,
  { outcome, rule: advance }: ShotsResult,
  signal: AbortSignal,
): Promise<boolean> {
  if (outcome !== 'too-early') return false;
  const { clock, logger } = deps;
  const rule = advance && toOpeningRule(advance);
  await learnOpeningRule(deps, prebooking, rule);
  if (rule === null) return false;
  const opensAt = applyOpeningRule(deps, rule, prebooking);
  if (opensAt < clock.now() + WORTH_POSTPONING || opensAt >= prebooking.classStartsAt) return false;
  logger.warn('prebooking-postponed', { prebooking: prebooking.id, order: prebooking.generation });
  return postpone(deps, { ...prebooking, openingRule: rule }, lease, opensAt, signal);
}

/** Leaves the waitlist if the member does not want to wait. @returns the result, as `class-full` if the waitlist was left. */
export async function declineUnwantedWaitlist(
  deps: FireDeps,
  prebooking: Unfinished,
  session: AimHarderSession,
  result: Result,
  signal: AbortSignal,
): Promise<Result> {
  const { bookingId, outcome } = result;
  if (prebooking.whenFull !== 'skip' || outcome !== 'waitlisted' || bookingId === null) return result;
  const hasLeft = await giveUpPlace(deps, session, { ...prebooking, bookingId }, signal);
  return hasLeft ? { ...result, outcome: 'class-full', bookingId: null } : result;
}
