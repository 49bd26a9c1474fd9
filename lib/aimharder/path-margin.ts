/** Durations of round trips in milliseconds. */
export type RoundTrip = {
  readonly shortest: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly longest: number;
};

/** With fewer answers, too little is known about the path's jitter, and only proven figures count. */
const ANSWERS_TO_JUDGE_A_PATH = 6;

/** With fewer answers, `marginOf` is not safe: with 15, 3 of 100,000 shots are early on paths with two humps of round trips. */
const ANSWERS_FOR_SMALL_MARGIN = 20;

/** More answers do not make the margin smaller. */
const ANSWERS_FOR_SMALLEST_MARGIN = 24;

/**
 * If the upper quartile of the round trips is this many times as far from the shortest as the median is, they come in humps: many
 * are alike, and others are longer by a step. There may then be a shorter hump as well, which no probe has met both ways: on a
 * path where half the delays are 5 ms longer, that happens once in a thousand firings. Log-normal jitter seldom looks like this.
 */
const HUMPS = 2.5;

/**
 * Returns how much earlier than `likely` an undelayed request may arrive, in milliseconds, because part of the shortest round
 * trip is jitter. The factors come from a simulation of 24 kinds of paths (test/bench/README.md, "paths"): on each of them, at
 * most one shot in 100,000 is early.
 *
 * @param lowers how far AimHarder's clock is ahead at least, by each answer, in descending order. If the first of them are
 *   close together, their answers have come back almost undelayed.
 */
export function marginOf(roundTrip: RoundTrip, lowers: Float64Array): number {
  const answers = lowers.length;
  if (answers < ANSWERS_FOR_SMALL_MARGIN) return marginOfFew(roundTrip, answers);
  const spread = roundTrip.upperQuartile - roundTrip.shortest;
  const unconfirmed = (lowers[0] ?? 0) - (lowers[2] ?? 0);
  const uneven = Math.max(0, spread - HUMPS * (roundTrip.median - roundTrip.shortest));
  const margin =
    0.25 + 0.95 * Math.min(1, spread / 2) + 0.35 * spread + 0.57 * Math.min(unconfirmed, 2 * spread) + uneven;
  return margin * (1 + 0.045 * Math.max(0, ANSWERS_FOR_SMALLEST_MARGIN - answers));
}

/**
 * Returns the margin of `marginOf` for fewer answers, and for answers that contradict each other. The factors come from a
 * simulation with log-normal jitter (median 0.3–10 ms, σ 0.3–1.5, 500,000 runs each). With 8 answers or more, at most one shot in
 * 100,000 arrived early, and in 20,000 runs a single clock never contradicted `leastPath`. With fewer answers the margin is larger,
 * so that no more shots arrive early than with 8 (60,000 runs each).
 */
export function marginOfFew({ shortest, upperQuartile }: RoundTrip, answers: number): number {
  if (answers < ANSWERS_TO_JUDGE_A_PATH) return shortest;
  return 1 + (0.75 + 5 / answers + Math.max(0, 8 - answers) / 2) * (upperQuartile - shortest);
}

/** Returns the least length of the path that no jitter of a single clock contradicts, in milliseconds. */
export const leastPath = ({ shortest, upperQuartile }: RoundTrip, answers: number): number =>
  answers < ANSWERS_TO_JUDGE_A_PATH ? 0 : Math.max(0, shortest - 0.5 - 0.5 * (upperQuartile - shortest));
