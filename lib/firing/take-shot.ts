import type { AimHarderSession } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { toOpeningRule } from '../bookings/book-class.ts';
import { leaveWaitlist } from '../bookings/leave-waitlist.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { SECOND } from '../platform/clock.ts';
import type { Measure } from '../platform/metrics.ts';
import type { Result, Unfinished } from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { openingByRule } from '../prebookings/resolve-opening.ts';
import { type Aim, type AimSetting, estimateLateness } from './aim.ts';
import type { HeldLease, SkipReason } from './claim.ts';
import { learnOpeningDelay } from './opening-delay.ts';
import type { PrepareDeps, Prepared } from './prepare.ts';
import { type Shooting, shoot } from './shoot.ts';
import { findClassAtOpening, NO_SHOT } from './timetable-check.ts';

export type FireDeps = PrepareDeps & {
  readonly prebookings: PrebookingStore;
  readonly boxes: BoxStore;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  /** A connection to a box of its own, that no other request delays. */
  readonly connect: (box: string) => Connection;
  readonly aimSetting: AimSetting;
  readonly measure: Measure;
};

/** An opening that AimHarder puts off is believed when it is still so far ahead, in milliseconds, that there is time. */
const WORTH_POSTPONING = 30 * SECOND;

/** The outcome, and the slot id of a class that was found only now. */
export type Fired = Result & { readonly classId?: string };

export type ClaimedFiring = {
  readonly prebooking: Unfinished;
  readonly lease: HeldLease;
  readonly connection: Connection;
};

export type Aims = {
  readonly aimed: Aim;
  readonly uncalibrated: Aim;
  readonly openingDelay: Awaited<ReturnType<BoxStore['get']>>['openingDelay'];
};

type Committed = ClaimedFiring &
  Aims & {
    readonly prepared: Prepared;
    readonly opened: AimHarderSession;
  };

type TakeShotDeps = FireDeps & { readonly replaceSession: () => Promise<AimHarderSession | undefined> };

export async function takeShot(
  deps: TakeShotDeps,
  committed: Committed,
  signal: AbortSignal,
): Promise<Fired | SkipReason> {
  const { prebooking, prepared, lease, connection, opened, aimed, uncalibrated } = committed;
  const { clock } = deps;
  // Over another connection than the one that was calibrated, only the clock is known, not the way.
  const { sendAt, method } = connection.routeId() === prepared.routeId ? aimed : uncalibrated;
  // Renewing begins well after the shot has left: until then no write disturbs the hold.
  const resume = setTimeout(() => lease.startRenewing(signal), Math.max(0, sendAt - clock.monotonic()) + SECOND);
  try {
    const found =
      prepared.classId === null
        ? await findClassAtOpening(clock, connection, opened, prebooking, sendAt, signal)
        : { classId: prepared.classId };
    if (typeof found === 'string') return { ...NO_SHOT, outcome: 'class-not-found', bookingId: null };
    const plan = {
      sendAt: prepared.classId === null ? clock.monotonic() : sendAt,
      sendAtUncalibrated: uncalibrated.sendAt,
      shotsBefore: prebooking.status === 'firing' ? prebooking.shots : 0,
    };
    const target = { prebooking, classId: found.classId, connection };
    const shooting = await shoot({ ...deps, recordShots: lease.recordShots }, target, opened, plan, signal);
    const { calibration } = prepared;
    await learnOpeningDelay(
      deps,
      prebooking.box,
      committed.openingDelay,
      shooting,
      { ...prebooking, calibration },
      clock.now(),
    );
    if (await postponeIfOpensLater(deps, committed, shooting)) return 'postponed';
    const result = resultOfShooting(deps, shooting, committed, method);
    return { ...(await declineUnwantedWaitlist(deps, prebooking, shooting.session, result, signal)), ...found };
  } finally {
    clearTimeout(resume);
  }
}

function resultOfShooting(
  { clock }: FireDeps,
  { outcome, bookingId, code, message, shots, firstShotAt }: Shooting,
  { prebooking: { opensAt }, prepared: { calibration } }: Committed,
  aimedBy: Aim['method'],
): Result {
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const { latenessMs, latenessBoundMs, firedAt } = estimateLateness({
    ...{ sentAt: firstShotAt, opensAt, calibration, wallMinusMonotonic },
  });
  return { outcome, bookingId, code, message, shots, firedAt, latenessMs, latenessBoundMs, aimedBy };
}

/** AimHarder's last word was that bookings open later, and when: the order waits for that. */
async function postponeIfOpensLater(
  { prebookings, boxes, boxSettings, clock, logger }: FireDeps,
  { prebooking, lease }: Committed,
  { outcome, rule: told }: Shooting,
): Promise<boolean> {
  if (outcome !== 'too-early') return false;
  const rule = told && toOpeningRule(told);
  await (rule ? boxes.learnRule(prebooking.box, rule) : boxes.forgetRule(prebooking.box)).catch((error: unknown) =>
    logger.error('unexpected-error', error, { during: 'learn-rule', prebooking: prebooking.id }),
  );
  const opensAt = rule && openingByRule({ boxSettings }, rule, prebooking);
  if (opensAt === null || opensAt < clock.now() + WORTH_POSTPONING || opensAt >= prebooking.classStartsAt) return false;
  logger.warn('prebooking-postponed', { prebooking: prebooking.id, order: prebooking.generation });
  return prebookings.postpone(prebooking, lease.id, opensAt, clock.now());
}

/** A place on the waitlist that the member does not want is given back. */
export async function declineUnwantedWaitlist(
  { aimHarder }: FireDeps,
  prebooking: Unfinished,
  session: AimHarderSession,
  result: Result,
  signal: AbortSignal,
): Promise<Result> {
  const { bookingId, outcome } = result;
  if (prebooking.whenFull !== 'skip' || outcome !== 'waitlisted' || bookingId === null) return result;
  const isGone = await leaveWaitlist(aimHarder, session, { ...prebooking, bookingId }, signal);
  return isGone ? { ...result, outcome: 'class-full', bookingId: null } : result;
}
