import { type Instant, SECOND } from '../platform/clock.ts';
import { leastPath, marginOf, marginOfFew, type RoundTrip } from './path-margin.ts';

/** The answer to one probe. `sentAt` and `answeredAt` are on our monotonic clock. */
export type ProbeAnswer = {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /**
   * The answer's `Date`, a whole second of AimHarder's clock; undefined if the answer has no `Date`, or if a cache answered
   * (`Age`).
   */
  readonly date: Instant | undefined;
  /** The number of the connection. Another connection may have another path. */
  readonly connection: number;
  /** How long that connection took to open, in milliseconds; absent if that time says nothing about the path. */
  readonly connectMs?: number | undefined;
  /** The server's address; absent if it is unknown. */
  readonly address?: string | undefined;
};

type Bounds = { readonly lower: number; readonly upper: number };

/** What is known of AimHarder's clock. Differences and durations are in milliseconds. */
export type Calibration = {
  /**
   * The instant for which the bounds hold, on our monotonic clock. Each bound moves outwards by `DRIFT` for each millisecond
   * before or after that instant.
   */
  readonly at: Instant;
  /**
   * AimHarder's clock minus our monotonic clock, proven for any path. `upper` includes the time that an undelayed request takes
   * to AimHarder; `lower` assumes that it takes no time.
   */
  readonly bounds: Bounds;
  /**
   * AimHarder's clock when a request arrives, minus our monotonic clock when the request is sent. Of 100,000 shots, one arrives
   * before `earliest`. An undelayed probe gets its `Date` at `likely`. A shot with the usual delay arrives at `typical`.
   */
  readonly arrival: { readonly earliest: number; readonly likely: number; readonly typical: number };
  readonly roundTrip: RoundTrip;
  /** How long the connection of the answers took to open; absent if that time says nothing about the path. */
  readonly connectMs?: number | undefined;
  /** How many probes were sent. */
  readonly probes: number;
  /** How many answers with a reliable `Date` came over the last connection. */
  readonly answers: number;
  /** Whether the answers come from several clocks. The figures are then those of the slowest clock, so that no shot is early. */
  readonly disagreement: boolean;
};

/** An answer with a `Date`. */
type Sample = ProbeAnswer & { readonly date: Instant };

/** How fast two clocks may drift apart, in milliseconds per millisecond: 50 ppm, the usual tolerance of a crystal. */
export const DRIFT = 50e-6;

/** How many answers must confirm the lower bound if clocks disagree: fewer may all come from a clock that is ahead. */
const ANSWERS_TO_CONFIRM = 7;

/**
 * Estimates AimHarder's clock for an instant from the answers over one connection.
 *
 * Take a probe that was sent at s, answered at a, and has the `Date` D. AimHarder wrote D between s and a, so its clock is
 * between D − a and D + 1 s − s ahead of ours. The smallest D + 1 s − s, which includes the path to AimHarder, bounds every
 * undelayed arrival. No answer proves the length of the path, so it is judged from the shortest round trip. A delay on the way
 * to AimHarder lengthens the round trip and does not change D − a, so it is not mistaken for a slower clock.
 *
 * @param at the instant of the estimate, on our monotonic clock.
 * @param known an earlier calibration of the same clock, over another connection.
 * @returns undefined if no answer has a reliable `Date` and there is no earlier calibration.
 */
export function estimate(answers: readonly ProbeAnswer[], at: Instant, known?: Calibration): Calibration | undefined {
  const samples = selectReliable(answers);
  if (samples.length === 0) return known && forAnotherPath(known, at, known.roundTrip.longest);
  const roundTrip = measureRoundTrips(samples);
  const { shortest, upperQuartile } = roundTrip;
  const { bounds: knownBounds } = known ? forAnotherPath(known, at, shortest) : { bounds: UNKNOWN };
  let { upper } = knownBounds;
  for (const { sentAt, date } of samples) upper = Math.min(upper, date + SECOND - sentAt + DRIFT * (at - sentAt));
  const lowers = sorted(samples, (sample) => sample.date - sample.answeredAt - DRIFT * (at - sample.sentAt)).reverse();
  const least = leastPath(roundTrip, samples.length);
  // If clocks disagree, the largest lower bounds come from clocks that are ahead. Those that contradict `upper` are left out.
  const firstAgreeing = lowers.findIndex((lower) => lower + least < upper);
  const agreeing = lowers.subarray(firstAgreeing === -1 ? lowers.length : firstAgreeing);
  const disagreement = agreeing.length < lowers.length || knownBounds.lower >= upper;
  // The largest lower bound; if clocks disagree, the one that enough answers confirm; if too few do, the smallest of all.
  const ownLower = agreeing[disagreement ? ANSWERS_TO_CONFIRM - 1 : 0] ?? lowers.at(-1) ?? Number.NEGATIVE_INFINITY;
  // The earlier calibration raises the figures only if no answer contradicts another or the calibration.
  const floor = disagreement ? ownLower : knownBounds.lower;
  const margin = disagreement ? marginOfFew(roundTrip, samples.length) : marginOf(roundTrip, agreeing);
  const connectMs = samples.at(-1)?.connectMs;
  const atLeast = Math.max(0, Math.min(shortest, upper - ownLower) - margin);
  const believed = capByConnect({ shortest, atLeast }, connectMs);
  return {
    at,
    bounds: { lower: Math.max(ownLower, floor), upper },
    arrival: {
      earliest: Math.max(ownLower + believed.atLeast, floor),
      likely: Math.max(ownLower + shortest, floor),
      // The delay of the upper quartile is that of both ways; a shot has half of it.
      typical: Math.min(Math.max(ownLower + believed.shortest, floor) + (upperQuartile - shortest) / 2, upper),
    },
    roundTrip,
    connectMs,
    probes: answers.length + (known?.probes ?? 0),
    answers: samples.length,
    disagreement: disagreement || (known?.disagreement ?? false),
  };
}

function measureRoundTrips(samples: readonly Sample[]): RoundTrip {
  const roundTrips = sorted(samples, ({ sentAt, answeredAt }) => answeredAt - sentAt);
  const at = (index: number) => roundTrips[index] ?? Number.NaN;
  const quantile = (share: number) => at(Math.floor(samples.length * share));
  return { shortest: at(0), median: quantile(0.5), upperQuartile: quantile(0.75), longest: at(samples.length - 1) };
}

/** Measures each sample. @returns the measurements in ascending order. */
function sorted(samples: readonly Sample[], measure: (sample: Sample) => number): Float64Array {
  const values = new Float64Array(samples.length);
  samples.forEach((sample, index) => {
    values[index] = measure(sample);
  });
  return values.sort();
}

const UNKNOWN: Bounds = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

/** Widens a calibration for another connection. The clock is the same; the path may take from 0 to `longestPath` milliseconds. */
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

/** How much longer than the opening of its connection a round trip may take without work of the server, in milliseconds. */
const WORK_THRESHOLD = 1;

/**
 * Checks whether AimHarder works on a probe before it answers: opening a connection takes a round trip without such work.
 *
 * @param shortest the shortest round trip of the probes, in milliseconds.
 */
export const isWorkedOn = (shortest: number, connectMs: number | undefined): boolean =>
  connectMs !== undefined && shortest > connectMs + WORK_THRESHOLD;

/** How long the path takes by the shortest round trip, and how long it takes at least, in milliseconds. */
type Path = { readonly shortest: number; readonly atLeast: number };

/**
 * Limits the assumed length of a path by the time that the connection took to open. A program that works on a probe writes
 * `Date` at the end: its work would look like a longer path, and the shot would arrive early. Opening a connection takes no such
 * work, but it is a single round trip and may have been delayed, so the path is assumed to take at least half of it only. In
 * simulations with 30 to 80 ms of work, all shots were early without this limit, and none of 1,500 with it. Without work, the
 * limit made the 99th percentile of the lateness 4 ms larger.
 */
function capByConnect(path: Path, connectMs: number | undefined): Path {
  if (connectMs === undefined || !isWorkedOn(path.shortest, connectMs)) return path;
  const atLeast = Math.max(0, Math.min(path.atLeast - (path.shortest - connectMs), connectMs / 2));
  return { shortest: connectMs, atLeast };
}

/**
 * How far AimHarder's clock may be from ours, in milliseconds. Two synchronised clocks differ by much less than a second, so
 * a clock further away cannot be the one that opens bookings.
 */
const LARGEST_OFFSET = 2.5 * SECOND;

/**
 * How far AimHarder's clock may be from ours if the answers contradict each other, in milliseconds. One of their clocks must be
 * wrong, so only a clock close to ours is believed.
 */
const LARGEST_OFFSET_IF_DISAGREEING = 0.5 * SECOND;

/**
 * Checks whether the calibrated clock may be the one that opens bookings.
 *
 * @param wallMinusMonotonic our wall clock minus our monotonic clock, in milliseconds.
 * @param within how far AimHarder's clock may be from our wall clock, in milliseconds.
 */
export const isPlausible = (
  { bounds, disagreement }: Pick<Calibration, 'bounds' | 'disagreement'>,
  wallMinusMonotonic: number,
  within = disagreement ? LARGEST_OFFSET_IF_DISAGREEING : LARGEST_OFFSET,
): boolean => bounds.lower - within <= wallMinusMonotonic && wallMinusMonotonic <= bounds.upper + within;

/**
 * Selects the answers with a reliable `Date`. A clock shows each `Date` for a second, so two answers more than a second apart
 * with the same `Date` come from a cache.
 */
function selectReliable(answers: readonly ProbeAnswer[]): Sample[] {
  const dated = answers.filter((answer): answer is Sample => answer.date !== undefined);
  // Usually each answer has a later `Date` than the one before: then none is from a cache.
  if (dated.every(({ date }, index) => date > (dated[index - 1]?.date ?? Number.NEGATIVE_INFINITY))) return dated;
  // For each `Date`: when its first answer arrived, and when its last probe left.
  const [firstAnswered, lastSent] = [new Map<Instant, Instant>(), new Map<Instant, Instant>()];
  for (const { date, sentAt, answeredAt } of dated) {
    firstAnswered.set(date, Math.min(answeredAt, firstAnswered.get(date) ?? answeredAt));
    lastSent.set(date, Math.max(sentAt, lastSent.get(date) ?? sentAt));
  }
  // An answer is reliable unless its probe left too long after the first answer with its `Date` had arrived, or it arrived too
  // long before the last probe with that `Date` left.
  return dated.filter(
    ({ date, sentAt, answeredAt }) =>
      Math.max(sentAt - (firstAnswered.get(date) ?? sentAt), (lastSent.get(date) ?? sentAt) - answeredAt) <= SECOND,
  );
}
