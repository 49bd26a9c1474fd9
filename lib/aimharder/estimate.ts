import { type Instant, SECOND } from '../platform/clock.ts';

/** The answer to one probe. `sentAt` and `answeredAt` are on our monotonic clock. */
export type ProbeAnswer = {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** The answer's `Date`, a whole second of AimHarder's clock; undefined if it had none, or came from a cache (`Age`). */
  readonly date: Instant | undefined;
  /** The number of the connection that it came over. Another connection may have another path. */
  readonly connection: number;
  /** How long that connection took to open, in milliseconds; absent if that tells nothing of the path. */
  readonly connectMs?: number | undefined;
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
   * `earliest` once in 100 000 times; one with some delay arrives at `typical`. An undelayed probe is stamped at `likely`.
   */
  readonly arrival: { readonly earliest: number; readonly likely: number; readonly typical: number };
  readonly roundTrip: { readonly shortest: number; readonly upperQuartile: number; readonly longest: number };
  /** How long the connection of the answers took to open; absent if that tells nothing of the path. */
  readonly connectMs?: number | undefined;
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
  const believed = capByConnect({ shortest, atLeast: path.atLeast }, samples.at(-1)?.connectMs);

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
      earliest: Math.max(own + believed.atLeast, floor),
      likely: Math.max(own + shortest, floor),
      typical: Math.min(Math.max(own + believed.shortest, floor) + (upperQuartile - shortest) / 2, upper),
    },
    roundTrip: { shortest, upperQuartile, longest: longer.at(-1) ?? shortest },
    connectMs: samples.at(-1)?.connectMs,
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

/** A round trip this much longer than its connection took to open, in milliseconds, was not spent on the path. */
const LONGER_THAN_PATH = 1;

/** Whether AimHarder works on a probe before it answers, by the time that the same connection took to open. */
export const isWorkedOn = (shortest: number, connectMs: number | undefined): boolean =>
  connectMs !== undefined && shortest > connectMs + LONGER_THAN_PATH;

type Path = { readonly shortest: number; readonly atLeast: number };

/**
 * Caps what is believed of a path. A program that works on a probe stamps `Date` at its end: its work would be taken for
 * path, and the shot would arrive early. To open a connection takes no such work. But that is a single round trip, which may
 * have been delayed, so half of it is believed. Simulated with 30 to 80 ms of work, all shots were early without the cap, and
 * none of 1,500 with it; without work, it made p99 4 ms later.
 */
function capByConnect(path: Path, connectMs: number | undefined): Path {
  if (connectMs === undefined || !isWorkedOn(path.shortest, connectMs)) return path;
  const atLeast = Math.max(0, Math.min(path.atLeast - (path.shortest - connectMs), connectMs / 2));
  return { shortest: connectMs, atLeast };
}

/**
 * How far AimHarder's clock may be from ours, in milliseconds. Two disciplined clocks differ by much less than a second; what
 * is further away is no clock that opens bookings.
 */
const LARGEST_OFFSET = 5 * SECOND;

/** Whether a calibration may be that of the clock that opens bookings. @param wallMinusMonotonic our own two clocks' difference. */
export const isPlausible = ({ bounds }: Pick<Calibration, 'bounds'>, wallMinusMonotonic: number): boolean =>
  bounds.lower - LARGEST_OFFSET <= wallMinusMonotonic && wallMinusMonotonic <= bounds.upper + LARGEST_OFFSET;

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
