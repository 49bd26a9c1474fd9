import type { Calibration } from '../aimharder/estimate.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningDelay } from '../boxes/opening-delay.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { arrivesAtSoonest, roundToTenth } from './aim.ts';
import type { Shooting } from './shoot.ts';

/** A box that opens later than this, in milliseconds, is not late: its opening was stated wrongly. */
const LARGEST_DELAY = 2.5 * SECOND;

/** How much later than a refused shot is tried next, in milliseconds: 25, then 50, 100 and so on. */
const FIRST_STEP = 25;

/** Once refusal and admission are this close, in milliseconds, the admitted delay is kept; until then, the middle is tried. */
const FINE = 50;

/** Two delays that differ by less than this, in milliseconds, are the same: less than half of the smallest step. */
const SAME = 12;

/**
 * After this many openings without a refusal, the refused delay is tried again: the box may open sooner now. At a box that
 * still opens late, one opening in six costs a refusal; at a box that no longer does, the seventh is on time again.
 */
const TRY_AGAIN_AFTER = 5;

/** How long a refusal counts, in milliseconds: so long that a box with one opening a week tries it again before. */
const COUNTS_FOR = 60 * DAY;

/** A shot that arrives later than this after its aim, in milliseconds, left late: its admission proves nothing. */
const LEFT_LATE = 100;

/** A shot that arrives less than this before the opening, in milliseconds, is not early: the difference is a rounding error. */
const ROUNDING = 1;

/** Returns how much later than the opening to aim, in milliseconds. One refusal alone, which may be a mistake, delays nothing. */
export function delayToAimFor(known: OpeningDelay | null, now: Instant): number {
  const delay = whileItCounts(known, now);
  if (!delay || delay.refusedBy !== null) return 0;
  const { refusedAtMs, admittedAtMs, searchedFromMs, admittedOpenings } = delay;
  if (admittedOpenings >= TRY_AGAIN_AFTER) return refusedAtMs;
  const next = searchedFromMs + Math.max(FIRST_STEP, 2 * (refusedAtMs - searchedFromMs));
  if (admittedAtMs === null) return Math.min(next, LARGEST_DELAY);
  if (admittedAtMs - refusedAtMs <= FINE) return admittedAtMs;
  const isFromAbove = searchedFromMs > refusedAtMs && searchedFromMs < admittedAtMs;
  return isFromAbove ? searchedFromMs : Math.min(next, (refusedAtMs + admittedAtMs) / 2);
}

const whileItCounts = (delay: OpeningDelay | null, now: Instant): OpeningDelay | null =>
  delay && now - delay.refusedOn <= COUNTS_FOR ? delay : null;

/** What one firing has shown. Delays are in milliseconds after the opening, as in `OpeningDelay`. */
export type Observation = {
  readonly opensAt: Instant;
  /** The id of the pre-booking that was fired. */
  readonly prebooking: string;
  /** The delay that the first shot was aimed for. */
  readonly aimedMs: number;
  /** The soonest arrival of the last refused shot, and of the first admitted one; null if there was none. */
  readonly refusedAtMs: number | null;
  readonly admittedAtMs: number | null;
};

/**
 * Adds what one firing has shown to what is known. Adding the same observation twice changes nothing.
 *
 * @returns undefined if nothing changes; null if nothing that is known counts any longer.
 */
export function addObservation(
  known: OpeningDelay | null,
  seen: Observation,
  now: Instant,
): OpeningDelay | null | undefined {
  const counting = whileItCounts(known, now);
  const { refusedAtMs: soonest } = seen;
  const outdated = known && !counting ? null : undefined;
  if (soonest === null) return counting ? addAdmission(counting, seen) : outdated;
  // A refused shot that may have been early proves nothing. It was not early with 99.999 % confidence.
  if (soonest < -ROUNDING || soonest > LARGEST_DELAY) return outdated;
  const refusedAtMs = roundToTenth(Math.max(0, soonest));
  return counting ? addRefusal(counting, { ...seen, refusedAtMs }) : firstRefusal({ ...seen, refusedAtMs });
}

type Refused = Observation & { readonly refusedAtMs: number };

const firstRefusal = ({ opensAt, prebooking, refusedAtMs, admittedAtMs }: Refused): OpeningDelay => ({
  refusedAtMs,
  refusedOn: opensAt,
  refusedBy: prebooking,
  admittedAtMs: admittedAtMs && roundToTenth(admittedAtMs),
  admittedOn: null,
  admittedOpenings: 0,
  searchedFromMs: refusedAtMs,
});

function addRefusal(known: OpeningDelay, seen: Refused): OpeningDelay | undefined {
  const { opensAt, prebooking, refusedAtMs } = seen;
  if (known.refusedBy !== null) {
    if (known.refusedBy === prebooking && known.refusedOn === opensAt) return undefined;
    // Only the sooner one of the two refused delays was refused twice.
    const sooner = known.refusedAtMs < refusedAtMs ? known : firstRefusal(seen);
    return { ...sooner, refusedOn: Math.max(known.refusedOn, opensAt), refusedBy: null };
  }
  const isSame = Math.abs(refusedAtMs - known.refusedAtMs) < SAME;
  const isNewOpening = opensAt > known.refusedOn;
  if ((isSame && !isNewOpening) || refusedAtMs < known.refusedAtMs - SAME) return undefined;
  const contradicts = known.admittedAtMs !== null && refusedAtMs > known.admittedAtMs - SAME;
  return {
    ...(contradicts ? firstRefusal(seen) : known),
    refusedAtMs: Math.max(known.refusedAtMs, refusedAtMs),
    refusedOn: Math.max(known.refusedOn, opensAt),
    refusedBy: null,
    admittedOn: null,
    admittedOpenings: 0,
  };
}

function addAdmission(known: OpeningDelay, { opensAt, aimedMs, admittedAtMs }: Observation) {
  if (admittedAtMs === null || admittedAtMs > aimedMs + LEFT_LATE) return undefined;
  // At one opening, a box may refuse one shot and admit another: only a later opening disproves a refusal.
  if (opensAt > known.refusedOn && aimedMs < known.refusedAtMs + SAME) return tryOpening(known, opensAt, aimedMs);
  if (known.refusedBy !== null || aimedMs <= known.refusedAtMs) return undefined;
  const isNewOpening = opensAt > Math.max(known.refusedOn, known.admittedOn ?? 0);
  const isSooner = aimedMs < (known.admittedAtMs ?? Number.POSITIVE_INFINITY);
  if (!isNewOpening && !isSooner) return undefined;
  return {
    ...known,
    admittedAtMs: isSooner ? roundToTenth(aimedMs) : known.admittedAtMs,
    ...(isNewOpening && { admittedOn: opensAt, admittedOpenings: known.admittedOpenings + 1 }),
  };
}

/**
 * A refused delay was admitted: the opening itself is tried next. Should that be refused, the box still opens late, and is
 * searched from the admitted delay down.
 */
function tryOpening(known: OpeningDelay, opensAt: Instant, admittedAtMs: number): OpeningDelay | null {
  if (known.refusedBy !== null || admittedAtMs <= FIRST_STEP) return null;
  const search = { refusedAtMs: 0, admittedAtMs, searchedFromMs: admittedAtMs - FIRST_STEP };
  return { ...known, ...search, admittedOn: opensAt, admittedOpenings: TRY_AGAIN_AFTER };
}

type LearnDeps = { readonly boxes: BoxStore; readonly clock: Clock; readonly logger: Logger };

export type FiredOpening = {
  readonly id: string;
  readonly box: string;
  readonly opensAt: Instant;
  readonly calibration: Calibration | undefined;
  /** The delay that the shot was aimed for, and what was known of the box then. */
  readonly openingDelayMs: number;
  readonly openingDelay: OpeningDelay | null;
};

/**
 * Stores what a shooting has shown of its box's opening delay. AimHarder's own openings are on the full minute; another
 * one was set by the member and proves nothing of the box.
 */
export async function learnOpeningDelay(
  { boxes, clock, logger }: LearnDeps,
  { id, box, opensAt, calibration, openingDelayMs, openingDelay }: FiredOpening,
  { refusedAt, admittedAt }: Pick<Shooting, 'refusedAt' | 'admittedAt'>,
): Promise<void> {
  if (opensAt % MINUTE !== 0 || !calibration || calibration.disagreement) return;
  const delayOf = (sentAt: Instant | null) => sentAt && arrivesAtSoonest(calibration, sentAt) - opensAt;
  const [refusedAtMs, admittedAtMs] = [delayOf(refusedAt), delayOf(admittedAt)];
  const seen = { opensAt, prebooking: id, aimedMs: openingDelayMs, refusedAtMs, admittedAtMs };
  const learn = (known: OpeningDelay | null) => addObservation(known, seen, clock.now());
  // Of a box that opens on time, nothing is known and nothing is learned: no request is made.
  if (learn(openingDelay) === undefined) return;
  await boxes
    .changeOpeningDelay(box, learn)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-opening-delay' }));
}
