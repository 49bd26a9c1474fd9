import { type Instant, SECOND } from '../platform/clock.ts';

/** The answer to one probe. `sentAt` and `answeredAt` are on our monotonic clock. */
export type ProbeAnswer = {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** The answer's `Date`, a whole second of AimHarder's clock; undefined if it had none, or came from a cache (`Age`). */
  readonly date: Instant | undefined;
  /** The number of the connection that it came over. Another connection may have another path. */
  readonly connection: number;
};

type Bounds = { readonly lower: number; readonly upper: number };

/** What is known of AimHarder's clock. Differences and durations are in milliseconds. */
export type Calibration = {
  /** The instant for which the figures hold, on our monotonic clock. With distance from it they loosen by `DRIFT`. */
  readonly at: Instant;
  /**
   * AimHarder's clock minus our monotonic clock, proven whatever the path did. `upper` includes an undelayed path to
   * AimHarder, `lower` none.
   */
  readonly bounds: Bounds;
  /**
   * AimHarder's clock when a request arrives, minus our monotonic clock when it was sent. A shot arrives before
   * `earliest` once in 100 000 times; an undelayed one arrives at `likely`, one with some delay at `typical`.
   */
  readonly arrival: { readonly earliest: number; readonly likely: number; readonly typical: number };
  readonly roundTrip: { readonly shortest: number; readonly upperQuartile: number; readonly longest: number };
  /** How many probes were sent. */
  readonly probes: number;
  /** How many answers came over the last connection with a reliable `Date`. */
  readonly answers: number;
  /** The answers cannot come from one clock. To be safe, the figures are those of the clock furthest behind. */
  readonly disagreement: boolean;
};

type Sample = ProbeAnswer & { readonly date: Instant };

/** How fast two clocks may drift apart, in milliseconds per millisecond: 50 ppm, the usual tolerance of a crystal. */
export const DRIFT = 50e-6;

/** With fewer answers, too little is known of the path's jitter (`judgePath`), and only proven figures count. */
const ANSWERS_TO_JUDGE_A_PATH = 6;

/** How many answers must confirm a figure if clocks disagree: the others may come from a clock that is ahead. */
const ANSWERS_TO_CONFIRM = 5;

/**
 * Estimates, for an instant, what the answers over one connection prove and what they make likely.
 *
 * An answer D to a probe sent at s and answered at a was stamped in between, so AimHarder's clock is D − a to
 * D + 1 s − s ahead, the path there included: no undelayed arrival exceeds the smallest
 * D + 1 s − s. Nothing proves the path's length, so that is judged from the shortest round trip. Whatever delays a
 * probe on its way there lengthens its round trip and leaves D − a as it is: delay is not mistaken for an earlier clock.
 */
export function estimate(answers: readonly ProbeAnswer[], at: Instant, known?: Calibration): Calibration | undefined {
  const samples = selectReliable(answers);
  const [shortest, ...longer] = samples.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b);
  if (shortest === undefined) return known && forAnotherPath(known, at, known.roundTrip.longest);
  const upperQuartile = longer[Math.floor(samples.length * 0.75) - 1] ?? shortest;
  const path = judgePath(shortest, upperQuartile - shortest, samples.length);

  const lowers = samples.map((sample) => sample.date - sample.answeredAt - DRIFT * (at - sample.sentAt));
  const uppers = samples.map((sample) => sample.date + SECOND - sample.sentAt + DRIFT * (at - sample.sentAt));
  const { bounds: before } = known ? forAnotherPath(known, at, shortest) : { bounds: UNKNOWN };
  const upper = Math.min(before.upper, ...uppers);
  const agreeing = lowers.filter((lower) => lower + path.likely < upper).sort((a, b) => b - a);
  const contradicted = agreeing.length < samples.length || before.lower >= upper;
  const own = agreeing[contradicted ? ANSWERS_TO_CONFIRM - 1 : 0] ?? Math.min(...lowers);
  const floor = contradicted ? own : before.lower;
  return {
    at,
    bounds: { lower: Math.max(own, floor), upper },
    arrival: {
      earliest: Math.max(own + path.atLeast, floor),
      likely: Math.max(own + shortest, floor),
      typical: Math.min(Math.max(own + shortest, floor) + (upperQuartile - shortest) / 2, upper),
    },
    roundTrip: { shortest, upperQuartile, longest: longer.at(-1) ?? shortest },
    probes: answers.length + (known?.probes ?? 0),
    answers: samples.length,
    disagreement: contradicted || (known?.disagreement ?? false),
  };
}

const UNKNOWN: Bounds = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

/** Widens a calibration for another connection: the clock is the same, the path anything from 0 to `longestPath`. */
function forAnotherPath(known: Calibration, at: Instant, longestPath: number): Calibration {
  const drift = DRIFT * Math.abs(at - known.at);
  const bounds = { lower: known.bounds.lower - drift, upper: known.bounds.upper + drift + longestPath };
  const arrival = {
    earliest: bounds.lower,
    likely: bounds.lower,
    typical: bounds.lower + known.roundTrip.shortest / 2,
  };
  return { ...known, at, bounds, arrival, answers: 0 };
}

/**
 * Judges how much of the shortest round trip is not jitter. The factors are from a simulation over log-normal jitter of median
 * 0.3–10 ms and σ 0.3–1.5, 500 000 runs each: with 8 answers or more, `atLeast` let at most one shot in 100 000 arrive
 * early, and `likely` was never contradicted by a single clock in 20 000 runs. With fewer answers
 * more is allowed for, so that no more shots arrive early than with 8 (60 000 runs each).
 */
function judgePath(shortest: number, spread: number, answers: number) {
  if (answers < ANSWERS_TO_JUDGE_A_PATH) return { atLeast: 0, likely: 0 };
  return {
    atLeast: Math.max(0, shortest - 1 - (0.75 + 5 / answers + Math.max(0, 8 - answers) / 2) * spread),
    likely: Math.max(0, shortest - 0.5 - 0.5 * spread),
  };
}

/** Selects the answers with a reliable `Date`. One that stands still between two probes a second apart is cached. */
function selectReliable(answers: readonly ProbeAnswer[]): Sample[] {
  const dated = answers.filter((answer): answer is Sample => answer.date !== undefined);
  return dated.filter((sample) =>
    dated.every(
      (other) =>
        other.date !== sample.date ||
        Math.max(other.sentAt - sample.answeredAt, sample.sentAt - other.answeredAt) <= SECOND,
    ),
  );
}
