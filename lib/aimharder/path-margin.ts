/** How long the round trips of the probes took, in milliseconds. */
export type RoundTrip = {
  readonly shortest: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly longest: number;
};

/** With fewer answers, too little is known about the path's jitter, so the path is assumed to take no time. */
const ANSWERS_TO_JUDGE_A_PATH = 6;

/**
 * With fewer answers, `marginOfFew` applies, because the smaller margin of `marginOf` is not safe: with 15 answers, 3 of 100,000
 * shots are early on paths with bimodal round trips.
 */
const ANSWERS_FOR_SMALL_MARGIN = 20;

/** More answers than this do not make the margin smaller. */
const ANSWERS_FOR_SMALLEST_MARGIN = 24;

/**
 * Round trips count as multimodal if (upper quartile − shortest) is more than this many times (median − shortest): many round
 * trips are alike, and others are longer by a step. Then a shorter mode may exist, which no probe has met on both ways: on a path
 * where half the delays are 5 ms longer, that happens once in a thousand firings. Log-normal jitter seldom looks multimodal.
 */
const MULTIMODAL_RATIO = 2.5;

/**
 * Returns how much earlier than `likely` (`Calibration.arrival`) an undelayed request may arrive, in milliseconds, because part
 * of the shortest round trip is jitter. The factors come from a simulation of 24 kinds of paths (test/bench/README.md, "paths"):
 * on each of them, at most one shot in 100,000 is early.
 *
 * @param lowers each answer's lower bound of AimHarder's clock minus ours, in milliseconds, in descending order. If the first
 *   bounds are close together, their answers have come back almost undelayed.
 */
export function marginOf(roundTrip: RoundTrip, lowers: Float64Array): number {
  const answers = lowers.length;
  if (answers < ANSWERS_FOR_SMALL_MARGIN) return marginOfFew(roundTrip, answers);
  const spread = roundTrip.upperQuartile - roundTrip.shortest;
  // By so much, no two other answers confirm the largest bound.
  const unconfirmed = (lowers[0] ?? 0) - (lowers[2] ?? 0);
  const step = Math.max(0, spread - MULTIMODAL_RATIO * (roundTrip.median - roundTrip.shortest));
  const margin =
    0.25 + 0.95 * Math.min(1, spread / 2) + 0.35 * spread + 0.57 * Math.min(unconfirmed, 2 * spread) + step;
  return margin * (1 + 0.045 * Math.max(0, ANSWERS_FOR_SMALLEST_MARGIN - answers));
}

/**
 * Returns the margin of `marginOf` for fewer answers, and for answers that contradict each other. The factors come from a
 * simulation with log-normal jitter (median 0.3–10 ms, σ 0.3–1.5, 500,000 runs each). With 8 answers or more, at most one shot in
 * 100,000 arrived early, and in 20,000 runs the bounds of a single clock were never closer together than `leastPath`. With fewer
 * answers the margin is larger, so that no more shots arrive early than with 8 (60,000 runs each).
 */
export function marginOfFew({ shortest, upperQuartile }: RoundTrip, answers: number): number {
  if (answers < ANSWERS_TO_JUDGE_A_PATH) return shortest;
  return 1 + (0.75 + 5 / answers + Math.max(0, 8 - answers) / 2) * (upperQuartile - shortest);
}

/**
 * Returns how long a round trip without jitter takes at least, in milliseconds. The upper and the lower bound that answers of a
 * single clock prove are at least this far apart.
 */
export const leastPath = ({ shortest, upperQuartile }: RoundTrip, answers: number): number =>
  answers < ANSWERS_TO_JUDGE_A_PATH ? 0 : Math.max(0, shortest - 0.5 - 0.5 * (upperQuartile - shortest));
