import { type Calibration, isPlausible } from '../aimharder/estimate.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningDelay } from '../boxes/opening-delay.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { arrivesAtSoonest, roundToTenth } from './aim.ts';
import type { ShotsResult } from './shoot.ts';

/** The largest delay that counts, in milliseconds. If a box opens later, its stated opening was wrong. */
const LARGEST_DELAY = 2.5 * SECOND;

/**
 * How much longer than the first refused delay the next try is, in milliseconds. Each further refusal doubles this distance: 50,
 * 100 and so on.
 */
const FIRST_STEP = 25;

/**
 * The search ends when the refused and the admitted delay differ by no more than this, in milliseconds. Until then, the next shot
 * tries a delay between the two.
 */
const RESOLUTION = 50;

/** Two delays that differ by less than this count as the same, in milliseconds: less than half of the smallest step. */
const SAME_WITHIN = 12;

/**
 * After this many openings without a refusal, the refused delay is tried again, because the box may open sooner now. If the box
 * still opens late, one opening in six costs a refusal; if it does not, the seventh opening is on time again.
 */
const TRY_AGAIN_AFTER = 5;

/**
 * The share of shots that try the refused delay again one opening earlier than the others. If many members fire at a box, these
 * few are enough to show how the box opens now: if it still opens late, the other shots are not refused.
 */
const FIRST_TO_TRY = 1 / 8;

/** How long a refusal counts, in milliseconds. Within this time, even a box with one opening a week is tried again. */
const COUNTS_FOR = 60 * DAY;

/**
 * The longest known delay that applies again after a single refusal of a shot at the opening itself, in milliseconds. A longer
 * delay applies again only after a second refusal, because a single one may be a mistake.
 */
const LONGEST_AFTER_ONE_REFUSAL = 60;

/** How much later than its aim a shot may arrive, in milliseconds. The admission of a later shot proves nothing. */
const LATEST_AFTER_AIM = 100;

/**
 * How much the clocks of AimHarder and of this process may differ, in milliseconds. Synchronised clocks differ by less. If they
 * differ by more, nothing is stored.
 */
const LARGEST_CLOCK_DIFFERENCE = SECOND;

/** How much before the opening a shot may arrive without counting as early, in milliseconds, because delays are rounded. */
const ROUNDING = 1;

/**
 * Returns how much later than the opening to aim, in milliseconds. A single refusal may be a mistake, and does not count.
 *
 * @param random a number from 0 to 1, drawn for each shot: it decides which shots are the first to try a refused delay again.
 */
export function delayToAimFor(known: OpeningDelay | null, now: Instant, random: number): number {
  const delay = dropOutdated(known, now);
  if (!delay || delay.refusedBy !== null) return 0;
  const { refusedAtMs, admittedAtMs, searchedFromMs, admittedOpenings } = delay;
  const isSoonTriedAgain = admittedOpenings >= TRY_AGAIN_AFTER - 1;
  if (isSoonTriedAgain && (random < FIRST_TO_TRY || admittedOpenings >= TRY_AGAIN_AFTER)) return refusedAtMs;
  const next = searchedFromMs + Math.max(FIRST_STEP, 2 * (refusedAtMs - searchedFromMs));
  if (admittedAtMs === null) return Math.min(next, LARGEST_DELAY);
  if (isSoonTriedAgain || admittedAtMs - refusedAtMs <= RESOLUTION) return admittedAtMs;
  // `tryOpening` has begun a search downwards, from just below the admitted delay.
  const isFromAbove = searchedFromMs > refusedAtMs && searchedFromMs < admittedAtMs;
  return isFromAbove ? searchedFromMs : Math.min(next, (refusedAtMs + admittedAtMs) / 2);
}

/** Returns the known delay; null if its last refusal is too old to count. */
const dropOutdated = (delay: OpeningDelay | null, now: Instant): OpeningDelay | null =>
  delay && now - delay.refusedOn <= COUNTS_FOR ? delay : null;

/**
 * The observation of one firing. Delays are in milliseconds after the opening, as in `OpeningDelay`. A *refused* shot was refused
 * as too early; an *admitted* shot was accepted, or refused for another reason.
 */
export type Observation = {
  readonly opensAt: Instant;
  /** The id of the pre-booking that was fired. */
  readonly prebooking: string;
  /** The delay that the first shot was aimed for. */
  readonly aimedMs: number;
  /** The soonest arrival of the last refused shot; null if none was refused. */
  readonly refusedAtMs: number | null;
  /** The soonest arrival of the first admitted shot; null if none was admitted. */
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
  const current = dropOutdated(known, now);
  const withoutChange = known && !current ? null : undefined;
  const { refusedAtMs: soonest } = seen;
  if (soonest === null) return current ? addAdmission(current, seen) : withoutChange;
  // A refused shot that may have been early proves nothing. With 99.999 % confidence, the shot arrived no earlier than `soonest`.
  if (soonest < -ROUNDING || soonest > LARGEST_DELAY) return withoutChange;
  const refused = { ...seen, refusedAtMs: roundToTenth(Math.max(0, soonest)) };
  return current ? addRefusal(current, refused) : firstRefusal(refused);
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
  const isSame = Math.abs(refusedAtMs - known.refusedAtMs) < SAME_WITHIN;
  const isNewOpening = opensAt > known.refusedOn;
  // A shorter delay, or the same delay at no later opening, adds nothing to what is known.
  if ((isSame && !isNewOpening) || refusedAtMs < known.refusedAtMs - SAME_WITHIN) return undefined;
  if (isSame && needsSecondRefusal(known)) return { ...known, refusedOn: opensAt, refusedBy: prebooking };
  const contradictsAdmission = known.admittedAtMs !== null && refusedAtMs > known.admittedAtMs - SAME_WITHIN;
  return {
    ...(contradictsAdmission ? firstRefusal(seen) : known),
    refusedAtMs: Math.max(known.refusedAtMs, refusedAtMs),
    refusedOn: Math.max(known.refusedOn, opensAt),
    refusedBy: null,
    admittedOn: null,
    admittedOpenings: 0,
  };
}

/**
 * Checks whether shots try the opening itself at present (`tryOpening`), and the admitted delay is too long to apply again after
 * one refusal.
 */
const needsSecondRefusal = ({ refusedAtMs, admittedAtMs, searchedFromMs, admittedOpenings }: OpeningDelay): boolean =>
  searchedFromMs > refusedAtMs &&
  admittedOpenings >= TRY_AGAIN_AFTER - 1 &&
  admittedAtMs !== null &&
  admittedAtMs - refusedAtMs > LONGEST_AFTER_ONE_REFUSAL;

function addAdmission(known: OpeningDelay, { opensAt, aimedMs, admittedAtMs }: Observation) {
  if (admittedAtMs === null || admittedAtMs > aimedMs + LATEST_AFTER_AIM) return undefined;
  // At one opening, a box may refuse one shot and admit another: only a later opening disproves a refusal.
  const disprovesRefusal = opensAt > known.refusedOn && aimedMs < known.refusedAtMs + SAME_WITHIN;
  if (disprovesRefusal) return tryOpening(known, opensAt, aimedMs);
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
 * Makes the next shots try the opening itself, because a delay that was refused earlier is admitted now. If only the few shots
 * that try first have found that (`FIRST_TO_TRY`), only as few shots try the opening. If a shot is refused at the opening
 * (two shots if the delay is longer than `LONGEST_AFTER_ONE_REFUSAL`), the box still opens late, and the search goes down from
 * the admitted delay.
 *
 * @returns null to delete the known delay, because the box opens on time: no second refusal has confirmed the delay, or the
 *   admitted delay is short.
 */
function tryOpening(known: OpeningDelay, opensAt: Instant, admittedAtMs: number): OpeningDelay | null {
  if (known.refusedBy !== null || admittedAtMs <= FIRST_STEP) return null;
  const search = { refusedAtMs: 0, admittedAtMs, searchedFromMs: admittedAtMs - FIRST_STEP };
  // This opening does not count, so that no more shots than before try the next one. Another shot may have counted it already.
  const admittedOpenings = known.admittedOpenings - (known.admittedOn === opensAt ? 1 : 0);
  return { ...known, ...search, admittedOn: opensAt, admittedOpenings: Math.min(admittedOpenings, TRY_AGAIN_AFTER) };
}

type LearnDeps = { readonly boxes: BoxStore; readonly clock: Clock; readonly logger: Logger };

/** What the firing of a pre-booking knows of its opening. */
export type FiredOpening = {
  /** The pre-booking's id. */
  readonly id: string;
  readonly box: string;
  readonly opensAt: Instant;
  readonly calibration: Calibration | undefined;
  /** The delay that the shot was aimed for, in milliseconds. */
  readonly openingDelayMs: number;
  /** What was known of the box's delay when the shot was aimed; null if nothing was. */
  readonly openingDelay: OpeningDelay | null;
};

/**
 * Stores the opening delay that a firing has observed. AimHarder's own openings are on the full minute. An opening at another
 * instant was stated by the member, so it proves nothing about the box.
 */
export async function learnOpeningDelay(
  { boxes, clock, logger }: LearnDeps,
  { id, box, opensAt, calibration, openingDelayMs, openingDelay }: FiredOpening,
  { lastTooEarlyAt, firstAdmittedAt }: Pick<ShotsResult, 'lastTooEarlyAt' | 'firstAdmittedAt'>,
): Promise<void> {
  if (opensAt % MINUTE !== 0 || !calibration || calibration.disagreement) return;
  if (!isPlausible(calibration, clock.now() - clock.monotonic(), LARGEST_CLOCK_DIFFERENCE)) return;
  const delayOf = (sentAt: Instant | null) => sentAt && arrivesAtSoonest(calibration, sentAt) - opensAt;
  const [refusedAtMs, admittedAtMs] = [delayOf(lastTooEarlyAt), delayOf(firstAdmittedAt)];
  const seen = { opensAt, prebooking: id, aimedMs: openingDelayMs, refusedAtMs, admittedAtMs };
  const learn = (known: OpeningDelay | null) => addObservation(known, seen, clock.now());
  // A box that opens on time changes nothing, so the database is not asked.
  if (learn(openingDelay) === undefined) return;
  await boxes
    .changeOpeningDelay(box, learn)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-opening-delay' }));
}
