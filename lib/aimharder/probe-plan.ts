import { type Instant, SECOND } from '../platform/clock.ts';
import { type Calibration, estimate, type ProbeAnswer } from './estimate.ts';
import { haveOnePath, leastArrival, limitByOwn } from './pooled-answers.ts';
import { ALONE, type PoolView } from './probe-pool.ts';

/** The most probes of one firing: more would be impolite. The smallest margin needs this many answers (`path-margin.ts`). */
export const MAX_PROBES = 24;

/**
 * The fewest probes of a connection, however large its pool. With the shot and the two requests that warm its connections, a
 * firing then sends 11 requests.
 */
const MIN_PROBES = 8;

/** How many probes each connection of a pool sends in the last seconds before the end. Until then, the connections take turns. */
const LAST_PROBES = 4;

/** How many of the last probes test whether the clock of the connection's server is behind. With more, the aim is less exact. */
const TEST_PROBES = 2;

/** With fewer answers of its own, a connection does not show that it has the pool's path: then the pool only bounds the clock. */
const ANSWERS_TO_JOIN = 3;

/** Where paths differ, a connection with this many answers of its own is judged by them alone. */
const ANSWERS_TO_LEAVE = 20;

/** The shortest time between two probes, in milliseconds. */
const SHORTEST_GAP = 250;

/**
 * In a pool, a probe's instant becomes final this many milliseconds before it. Until then, other connections may learn more, so
 * the plan is asked again, at least every second.
 */
const PLANNED_AHEAD = 200;

/** How long before the end the last probe is sent, in milliseconds. An answer after the end is not awaited. */
const TIME_FOR_ANSWER = 0.4 * SECOND;

/**
 * The longest time that the shot's connection may be idle, in milliseconds. If a server announces that it keeps idle connections
 * for 3 s, Node's client closes them after 2 s.
 */
export const LONGEST_IDLE = 1.75 * SECOND;

/**
 * How long before their end the probes start at the earliest, in milliseconds: long enough for all probes, a second apart. If
 * they started earlier, the clocks would drift, and the server might close the idle connection between two probes.
 */
const WINDOW = 26 * SECOND;

/** As soon as the arrival is known to within this many milliseconds, the next probes are timed like the shot, to test its aim. */
const TESTS_AIM_WITHIN = 1;

/**
 * After this many answers, the next probe is late in a second: it is timed to arrive just before `Date` changes, by 2 ms and three
 * spreads of the round trips. If it meets a server whose clock is ahead, its answer contradicts the others. There are two late
 * probes, because two servers may take turns.
 */
const LATE_PROBE_AFTER: readonly number[] = [10, 11];

/** Late probes, and those that test the server, are sent only if the arrival is known to within this many milliseconds. */
const TESTS_SERVER_WITHIN = 50;

/** The end of the probes, on our monotonic clock. A function of the calibration so far may compute it. */
export type ProbesEnd = Instant | ((known: Calibration | undefined) => Instant);

/** The next step: a probe leaves at `at` and is awaited until `until`. Without `until`, the plan is asked again at `at`. */
export type ProbeStep = { readonly at: Instant; readonly until?: Instant };

/** When the next probes of one connection may be sent, and how they are timed. */
type Turn = {
  readonly from: Instant;
  readonly to: Instant;
  /** How many probes are to be sent until `to`. */
  readonly probes: number;
  /** The longest time between two probes, in milliseconds. */
  readonly longestGap: number;
  /** Where in the interval of possible arrivals a probe is timed to arrive, as a share of the interval's width. */
  readonly share: number;
  /** Whether the probes are timed so that they show whether the clock of this connection's server is behind. */
  readonly testsServer: boolean;
};

/** The answers by which a connection is judged. `isOnePath`: whether the connections of the pool have one path. */
type Pool = { readonly answers: readonly ProbeAnswer[]; readonly isOnePath: boolean };

/**
 * Plans the probes of one calibration and collects their answers. Waits for nothing and reads no clock, so that a simulation
 * can drive it as fast as it computes.
 */
export class ProbePlan {
  readonly #end: ProbesEnd;
  /** The calibration by the answers over earlier connections of this firing. */
  #before: Calibration | undefined;
  /** The answers over the current connection. */
  #answers: ProbeAnswer[] = [];
  /** How many probes were sent, over all connections. */
  #probes = 0;
  /** How many probes may be sent in all. */
  #budget = MAX_PROBES;
  /** The next probe leaves no earlier. */
  #earliest: Instant = Number.NEGATIVE_INFINITY;
  /** When the last probe was answered or given up, or planning began. */
  #since: Instant | undefined;
  /** The upper bound when a probe last looked for a slower clock. */
  #searchedBelow = Number.POSITIVE_INFINITY;
  /** How far below that bound the probe was timed, in milliseconds. */
  #searchStep = 0;

  constructor(end: ProbesEnd) {
    this.#end = end;
  }

  /**
   * Plans the next step.
   *
   * @param others the calibration of another connection.
   * @param view what this connection sees of its pool.
   * @returns undefined if no more probes are sent.
   */
  next(now: Instant, others?: Calibration, view: PoolView = ALONE): ProbeStep | undefined {
    const pooled = this.#selectAnswers(view);
    const found = estimate(pooled.answers, now, this.#before ?? others);
    const isAlone = view.members === 1 || !pooled.isOnePath;
    const until = typeof this.#end === 'function' ? this.#end(found) : this.#end;
    const latest = until - TIME_FOR_ANSWER;
    const remaining = (pooled.isOnePath ? this.#updateBudget(view) : MAX_PROBES) - this.#probes;
    if (remaining <= 0) return undefined;
    this.#since ??= now;
    const turn = isAlone ? this.#turnAlone(latest, remaining) : turnAmong(view, latest, remaining, now);
    // Probes are spread over the turn, so that the last answer is fresh.
    const pace = Math.min((turn.to - this.#since) / turn.probes, turn.longestGap);
    const earliest = Math.max(now, this.#earliest, turn.from, this.#since + pace - SECOND);
    const at = found ? nextBoundary(earliest, this.#aim(found, pooled.answers.length, turn)) : earliest;
    if (at > latest) return undefined;
    const mayLearnMore = at > now + (view.members > 1 ? PLANNED_AHEAD : SECOND);
    if (mayLearnMore) return { at: Math.min(at - PLANNED_AHEAD, now + SECOND) };
    if (found?.disagreement) [this.#searchStep, this.#searchedBelow] = [this.#stepBelow(found), found.bounds.upper];
    this.#probes += 1;
    this.#earliest = at + SHORTEST_GAP;
    return { at, until };
  }

  /** Selects the answers by which this connection is judged for now. */
  #selectAnswers({ answers: others }: PoolView): Pool {
    if (others.length === 0) return { answers: this.#answers, isOnePath: true };
    const isOnePath = haveOnePath([this.#answers, ...others]);
    const countsOwnOnly = !isOnePath && this.#answers.length > 0;
    return { answers: countsOwnOnly ? this.#answers : [...others.flat(), ...this.#answers], isOnePath };
  }

  /**
   * Divides the probes among the connections of the pool. If others join late, this connection still sends its last probes,
   * unless its total would then grow.
   *
   * @returns how many probes this connection may send in all.
   */
  #updateBudget({ members, answersOfFormerMembers }: PoolView): number {
    const evenPart = Math.max(MIN_PROBES, Math.ceil((MAX_PROBES - answersOfFormerMembers) / members));
    this.#budget = Math.max(evenPart, Math.min(this.#budget, this.#probes + LAST_PROBES));
    return this.#budget;
  }

  #turnAlone(latest: Instant, probes: number): Turn {
    // From the third probe on, a pause might make the server close the connection.
    const from = this.#probes > 1 ? Number.NEGATIVE_INFINITY : latest - WINDOW + (MAX_PROBES - probes) * SECOND;
    const longestGap = this.#probes > 0 ? LONGEST_IDLE : Number.POSITIVE_INFINITY;
    return { from, to: latest, probes, longestGap, share: 0.5, testsServer: false };
  }

  /**
   * Records what became of a probe.
   *
   * @param answer undefined if the probe failed, which closes its connection; `slow` if its answer was not awaited.
   */
  record(answer: ProbeAnswer | 'slow' | undefined, now: Instant): void {
    this.#since = now;
    // A slow answer tells nothing, but the connection is still open, and its path is the same.
    if (answer === 'slow') return;
    if (!answer || answer.connection !== this.#answers[0]?.connection) {
      this.#before = estimate(this.#answers, now, this.#before);
      this.#answers = [];
    }
    if (answer) this.#answers.push(answer);
  }

  /** Returns the difference by which the next probe is timed: AimHarder's clock when it arrives, minus ours when it is sent. */
  #aim(found: Calibration, answers: number, { share, testsServer }: Turn): number {
    const { bounds, arrival, disagreement, roundTrip } = found;
    if (disagreement) return bounds.upper - this.#stepBelow(found);
    const width = bounds.upper - arrival.likely;
    const spread = roundTrip.upperQuartile - roundTrip.shortest;
    if (width <= TESTS_SERVER_WITHIN && LATE_PROBE_AFTER.includes(answers)) return bounds.upper + 2 + 3 * spread;
    if (testsServer && width <= TESTS_SERVER_WITHIN) return leastArrival(found);
    return width <= TESTS_AIM_WITHIN ? arrival.earliest : arrival.likely + share * width;
  }

  /**
   * Returns how far below the upper bound the next probe looks for a slower clock, in milliseconds. If the last probe has found a
   * slower clock, the next one looks twice as far below; otherwise as far again, because another server may have answered.
   */
  #stepBelow({ bounds: { upper }, roundTrip: { upperQuartile, shortest } }: Calibration): number {
    const hasFoundSlower = upper < this.#searchedBelow - 1;
    return Math.max(2 * (upperQuartile - shortest + 1), hasFoundSlower ? 2 * this.#searchStep : this.#searchStep);
  }

  /** Returns the calibration by the answers so far. `probes` counts failed and slow probes too. */
  conclude(now: Instant, others?: Calibration, view: PoolView = ALONE): Calibration | undefined {
    const found = this.#judge(now, this.#before ?? others, view);
    return found && { ...found, probes: this.#probes };
  }

  #judge(now: Instant, known: Calibration | undefined, { answers: others }: PoolView): Calibration | undefined {
    const own = this.#answers;
    const hasOtherPath = own.length >= ANSWERS_TO_LEAVE && !haveOnePath([own, ...others]);
    if (others.length === 0 || hasOtherPath) return estimate(own, now, known);
    const pooled = estimate([...others.flat(), ...own], now, known);
    if (own.length < ANSWERS_TO_JOIN) return estimate(own, now, pooled);
    return pooled && limitByOwn(pooled, estimate(own, now, known));
  }
}

/**
 * Returns the turn of one connection of a pool. The connections take turns, so that their answers are spread over the whole
 * window. Then they send their last probes together, which show whether they have one path. Between the two, a connection may
 * be idle: if it is closed, the next one has the same path, because it leads to the same address.
 *
 * @param latest when the last probe leaves at the latest.
 * @param remaining how many probes the connection may still send.
 */
function turnAmong({ members, index }: PoolView, latest: Instant, remaining: number, now: Instant): Turn {
  const windowStart = latest - WINDOW;
  const duration = (WINDOW - LAST_PROBES * SECOND) / members;
  const [from, to] = [windowStart + index * duration, windowStart + (index + 1) * duration];
  const longestGap = Number.POSITIVE_INFINITY;
  if (remaining > LAST_PROBES && now < to)
    return { from, to, probes: remaining - LAST_PROBES, longestGap, share: 0.5, testsServer: false };
  const share = (index + 1) / (members + 1);
  const testsServer = remaining <= TEST_PROBES;
  return { from: latest - remaining * SECOND, to: latest, probes: remaining, longestGap, share, testsServer };
}

/**
 * Finds the first instant, `earliest` or later, at which a probe has to leave to arrive when AimHarder's clock goes to a new
 * second.
 *
 * @param aimed AimHarder's clock when the probe arrives, minus ours when it is sent.
 */
const nextBoundary = (earliest: Instant, aimed: number): Instant =>
  Math.ceil((earliest + aimed) / SECOND) * SECOND - aimed;
