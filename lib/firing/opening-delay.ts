import { type Calibration, isPlausible } from '../aimharder/estimate.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningDelay } from '../boxes/opening-delay.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { arrivesAtSoonest, roundToTenth } from './aim.ts';
import type { ShotsResult } from './shoot.ts';

/** The largest delay that counts, in milliseconds. If a box opens later, its stated opening was wrong. */
const LARGEST_DELAY = 2.5 * SECOND;

/** The first step from a refused delay to the next one to try, in milliseconds: 25, then 50, 100 and so on. */
const FIRST_STEP = 25;

/**
 * How close the refused and the admitted delay must be for the search to end, in milliseconds. Until then, the next shot tries
 * the middle.
 */
const FINE = 50;

/** The difference below which two delays count as the same, in milliseconds: less than half of the smallest step. */
const SAME = 12;

/**
 * After this many openings without a refusal, the refused delay is tried again, because the box may open sooner now. If the box
 * still opens late, one opening in six costs a refusal; if it does not, the seventh opening is on time again.
 */
const TRY_AGAIN_AFTER = 5;

/**
 * The share of shots that try the refused delay again one opening earlier than the others. If many members fire at a box, these
 * few are enough to show how the box opens now: if it still opens late, the other shots are not refused. A single member tries
 * one opening later.
 */
const FIRST_TO_TRY = 1 / 8;

/** How long a refusal counts, in milliseconds: long enough that a box with one opening a week is tried again before that. */
const COUNTS_FOR = 60 * DAY;

/**
 * How much later a single refusal of a shot at the opening itself may make the next shots, in milliseconds. If the known delay is
 * longer, it applies again only after a second refusal, because a single one may be a mistake.
 */
const WORTH_A_SECOND = 60;

/** How much later than its aim a shot may arrive, in milliseconds. The admission of a later shot proves nothing. */
const LEFT_LATE = 100;

/**
 * Two synchronised clocks differ by less than this, in milliseconds. If AimHarder's clock is further from ours, nothing is
 * stored.
 */
const SYNCHRONISED = SECOND;

/** How much before the opening a shot may arrive without being early, in milliseconds, because delays are rounded. */
const ROUNDING = 1;

/**
 * Returns how much later than the opening to aim, in milliseconds. A single refusal may be a mistake, and does not count.
 *
 * @param random from 0 to 1, another number for each shot: it decides which shots are the first to try a refused delay again.
 */
export function delayToAimFor(known: OpeningDelay | null, now: Instant, random: number): number {
  const delay = dropOutdated(known, now);
  if (!delay || delay.refusedBy !== null) return 0;
  const { refusedAtMs, admittedAtMs, searchedFromMs, admittedOpenings } = delay;
  const isSoonTriedAgain = admittedOpenings >= TRY_AGAIN_AFTER - 1;
  if (isSoonTriedAgain && (random < FIRST_TO_TRY || admittedOpenings >= TRY_AGAIN_AFTER)) return refusedAtMs;
  const next = searchedFromMs + Math.max(FIRST_STEP, 2 * (refusedAtMs - searchedFromMs));
  if (admittedAtMs === null) return Math.min(next, LARGEST_DELAY);
  if (isSoonTriedAgain || admittedAtMs - refusedAtMs <= FINE) return admittedAtMs;
  const isFromAbove = searchedFromMs > refusedAtMs && searchedFromMs < admittedAtMs;
  return isFromAbove ? searchedFromMs : Math.min(next, (refusedAtMs + admittedAtMs) / 2);
}

const dropOutdated = (delay: OpeningDelay | null, now: Instant): OpeningDelay | null =>
  delay && now - delay.refusedOn <= COUNTS_FOR ? delay : null;

/** The observation of one firing. Delays are in milliseconds after the opening, as in `OpeningDelay`. */
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
 * Adds the observation of one firing to the known opening delay. Adding it twice changes nothing.
 *
 * @returns undefined if nothing changes; null to delete the known delay.
 */
export function addObservation(
  known: OpeningDelay | null,
  seen: Observation,
  now: Instant,
): OpeningDelay | null | undefined {
  const counting = dropOutdated(known, now);
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
    const sooner = known.refusedAtMs <= refusedAtMs ? known : firstRefusal(seen);
    const confirmed = { ...sooner, refusedOn: Math.max(known.refusedOn, opensAt), refusedBy: null };
    return { ...confirmed, admittedOn: null, admittedOpenings: 0 };
  }
  const isSame = Math.abs(refusedAtMs - known.refusedAtMs) < SAME;
  const isNewOpening = opensAt > known.refusedOn;
  if ((isSame && !isNewOpening) || refusedAtMs < known.refusedAtMs - SAME) return undefined;
  if (isSame && isOpeningTried(known)) return { ...known, refusedOn: opensAt, refusedBy: prebooking };
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

/**
 * Checks whether the opening itself is tried because a refused delay was admitted (`tryOpening`), far below the known delay.
 */
const isOpeningTried = ({ refusedAtMs, admittedAtMs, searchedFromMs, admittedOpenings }: OpeningDelay): boolean =>
  searchedFromMs > refusedAtMs &&
  admittedOpenings >= TRY_AGAIN_AFTER - 1 &&
  admittedAtMs !== null &&
  admittedAtMs - refusedAtMs > WORTH_A_SECOND;

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
 * Tries the opening itself next, because a delay that was refused is admitted now. If only the first shots to try have found that
 * (`FIRST_TO_TRY`), only few shots try the opening too. If two shots are refused there, the box still opens late, and the search
 * goes down from the admitted delay.
 */
function tryOpening(known: OpeningDelay, opensAt: Instant, admittedAtMs: number): OpeningDelay | null {
  if (known.refusedBy !== null || admittedAtMs <= FIRST_STEP) return null;
  const search = { refusedAtMs: 0, admittedAtMs, searchedFromMs: admittedAtMs - FIRST_STEP };
  // What another member has shown of this very opening does not count twice.
  const admittedOpenings = known.admittedOpenings - (known.admittedOn === opensAt ? 1 : 0);
  return { ...known, ...search, admittedOn: opensAt, admittedOpenings: Math.min(admittedOpenings, TRY_AGAIN_AFTER) };
}

type LearnDeps = { readonly boxes: BoxStore; readonly clock: Clock; readonly logger: Logger };

export type FiredOpening = {
  readonly id: string;
  readonly box: string;
  readonly opensAt: Instant;
  readonly calibration: Calibration | undefined;
  /** The delay that the shot was aimed for, and the known opening delay at that time. */
  readonly openingDelayMs: number;
  readonly openingDelay: OpeningDelay | null;
};

/**
 * Stores the opening delay that a firing has observed. AimHarder's own openings are on the full minute. The member has set any
 * other opening, so it proves nothing about the box.
 */
export async function learnOpeningDelay(
  { boxes, clock, logger }: LearnDeps,
  { id, box, opensAt, calibration, openingDelayMs, openingDelay }: FiredOpening,
  { lastTooEarlyAt, firstAdmittedAt }: Pick<ShotsResult, 'lastTooEarlyAt' | 'firstAdmittedAt'>,
): Promise<void> {
  if (opensAt % MINUTE !== 0 || !calibration || calibration.disagreement) return;
  if (!isPlausible(calibration, clock.now() - clock.monotonic(), SYNCHRONISED)) return;
  const delayOf = (sentAt: Instant | null) => sentAt && arrivesAtSoonest(calibration, sentAt) - opensAt;
  const [refusedAtMs, admittedAtMs] = [delayOf(lastTooEarlyAt), delayOf(firstAdmittedAt)];
  const seen = { opensAt, prebooking: id, aimedMs: openingDelayMs, refusedAtMs, admittedAtMs };
  const learn = (known: OpeningDelay | null) => addObservation(known, seen, clock.now());
  // For a box that opens on time, nothing changes, and no request is made.
  if (learn(openingDelay) === undefined) return;
  await boxes
    .changeOpeningDelay(box, learn)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-opening-delay' }));
}
