import type { Calibration } from '../aimharder/estimate.ts';
import type { BoxStore, OpeningDelay } from '../boxes/box-store.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { arrivesAtLatest, arrivesAtSoonest, roundToTenth } from './aim.ts';
import type { Shooting } from './shoot.ts';

/** A box that opens later than this, in milliseconds, is not late: its opening was stated wrongly. */
const LARGEST_DELAY = 2.5 * SECOND;

/**
 * Once the bounds of a delay are this close, in milliseconds, shots are aimed at the later bound; until then, at the middle.
 */
const FINE = 50;

/** How long an observed delay counts, in milliseconds. After that, AimHarder may have removed the delay. */
const COUNTS_FOR = 14 * DAY;

/** Returns how much later than the opening to aim, in milliseconds. */
export function delayToAimFor(delay: OpeningDelay | null, now: Instant): number {
  if (!delay || now - delay.seenAt > COUNTS_FOR) return 0;
  const { refusedAtMs, admittedAtMs } = delay;
  return admittedAtMs - refusedAtMs <= FINE ? admittedAtMs : (refusedAtMs + admittedAtMs) / 2;
}

type AimedOpening = { readonly opensAt: Instant; readonly calibration: Calibration | undefined };

/** A shot that arrives less than this before the opening, in milliseconds, is not early: the difference is a rounding error. */
const ROUNDING = 1;

/**
 * Narrows a box's opening delay by one shooting. A refused shot proves that the box was closed at the soonest arrival of
 * that shot; an admitted shot proves that it was open at the latest arrival. A refused shot proves nothing if it may have
 * arrived early (it did not with 99.999 % confidence).
 *
 * @returns undefined if the shooting proves nothing; null if the known delay no longer holds.
 */
export function narrowOpeningDelay(
  known: OpeningDelay | null,
  { refusedAt, admittedAt }: Pick<Shooting, 'refusedAt' | 'admittedAt'>,
  { opensAt, calibration }: AimedOpening,
  now: Instant,
): OpeningDelay | null | undefined {
  if (!calibration || calibration.disagreement) return undefined;
  const soonest = refusedAt === null ? Number.NEGATIVE_INFINITY : arrivesAtSoonest(calibration, refusedAt) - opensAt;
  const isLate = soonest >= -ROUNDING;
  if (!isLate && !known) return undefined;
  const refusedAtMs = Math.max(0, soonest);
  const admittedAtMs =
    admittedAt === null ? Number.POSITIVE_INFINITY : arrivesAtLatest(calibration, admittedAt) - opensAt;
  const narrowed = {
    refusedAtMs: Math.max(refusedAtMs, known?.refusedAtMs ?? 0),
    admittedAtMs: Math.min(admittedAtMs, known?.admittedAtMs ?? admittedAtMs),
  };
  // A delay that has changed contradicts the known one: this shooting counts alone.
  const agrees = narrowed.refusedAtMs < narrowed.admittedAtMs;
  const bounds = agrees ? narrowed : { refusedAtMs, admittedAtMs };
  if ((!agrees && !isLate) || bounds.admittedAtMs > LARGEST_DELAY) return known ? null : undefined;
  return {
    refusedAtMs: roundToTenth(bounds.refusedAtMs),
    admittedAtMs: roundToTenth(bounds.admittedAtMs),
    seenAt: now,
  };
}

type LearnDeps = { readonly boxes: BoxStore; readonly clock: Clock; readonly logger: Logger };

/**
 * Stores what a shooting has shown of its box's opening delay. AimHarder's own openings are on the full minute; another
 * one was set by the member and proves nothing of the box.
 */
export async function learnOpeningDelay(
  { boxes, clock, logger }: LearnDeps,
  { box, opensAt, calibration }: AimedOpening & { readonly box: string },
  known: OpeningDelay | null,
  shooting: Shooting,
): Promise<void> {
  if (opensAt % MINUTE !== 0) return;
  const delay = narrowOpeningDelay(known, shooting, { opensAt, calibration }, clock.now());
  if (delay === undefined) return;
  await boxes
    .learnOpeningDelay(box, delay)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-opening-delay' }));
}
