import { type Instant, SECOND } from '../platform/clock.ts';
import { type Calibration, estimate, type ProbeAnswer } from './estimate.ts';
import { haveOnePath, leastArrival, withinOwn } from './pooled-answers.ts';
import { ALONE, type Company } from './probe-pool.ts';

/** Most probes of one firing: more would be impolite. An estimate needs this many answers for its smallest margin (`marginOf`). */
export const MAX_PROBES = 24;

/**
 * The least probes of a connection whose answers are pooled with those of three or more others. With the shot and the two
 * requests that warm its connections, a firing then sends 11 requests.
 */
const MIN_PROBES = 8;

/** How many probes each connection of a pool sends in the last seconds before the end. Until then, the connections take turns. */
const LAST_PROBES = 4;

/** How many of these test whether the connection's server is behind the pool's: more would leave fewer to make the aim exact. */
const TEST_PROBES = 2;

/** With fewer answers of its own, a connection does not show that its path is the pool's. */
const ANSWERS_TO_JOIN = 3;

/** Where paths differ, a connection with this many answers of its own is judged by them alone. */
const ANSWERS_TO_LEAVE = 20;

/** Shortest time between two probes, in milliseconds. */
const GAP = 250;

/**
 * How long before a probe leaves its instant is final, in milliseconds. Until then, other connections may learn more, so the plan
 * is asked again, at least every second.
 */
const PLANNED_AHEAD = 200;

/** How long before the end the last probe is sent, in milliseconds. An answer after the end is not awaited. */
const TIME_FOR_ANSWER = 0.4 * SECOND;

/**
 * The longest time that the shot's connection may be idle, in milliseconds. If a server announces 3 s, Node's client closes
 * an idle connection after 2 s.
 */
export const LONGEST_IDLE = 1.75 * SECOND;

/**
 * How long before its end probing starts at the earliest, in milliseconds: long enough for all probes, a second apart. If
 * it started earlier, the clocks would drift, and the server might close the idle connection between two probes.
 */
const WINDOW = 26 * SECOND;

/** Once the arrival is known to within this many milliseconds, the next probes are timed like the shot, to test its aim. */
const RESOLUTION = 1;

/**
 * After this many answers, a probe is timed to arrive just after `Date` has changed. If another server answers it, whose clock is
 * ahead, the answer contradicts the others. Two in a row, because two servers may answer in turn.
 */
const LATE_PROBES: readonly number[] = [10, 11];

/** Late probes, and those that test the server, are sent only if the arrival is known to within this many milliseconds. */
const KNOWN = 50;

/** The end of the probes, on our monotonic clock. A function of the calibration so far may compute it. */
export type ProbesEnd = Instant | ((known: Calibration | undefined) => Instant);

/** The next step: a probe leaves `at` and is awaited `until`, or, without `until`, the plan is asked again at `at`. */
export type ProbeStep = { readonly at: Instant; readonly until?: Instant };

/** When the next probes may be sent. */
type Turn = {
  readonly from: Instant;
  readonly to: Instant;
  /** How many are to be sent by then. */
  readonly probes: number;
  readonly longestGap: number;
  /** Where in the interval of possible arrivals a probe is timed to arrive, as a share of its width. */
  readonly share: number;
  /** Whether it is timed so that it shows whether this connection's server is behind. */
  readonly tests?: boolean;
};

type Pool = { readonly answers: readonly ProbeAnswer[]; readonly isOnePath: boolean };

/**
 * Plans the probes of one calibration and collects their answers. Waits for nothing and reads no clock, so that a simulation
 * can drive it as fast as it computes.
 */
export class ProbePlan {
  readonly #end: ProbesEnd;
  /** What the answers over earlier connections of this firing have told. */
  #before: Calibration | undefined;
  #answers: ProbeAnswer[] = [];
  #probes = 0;
  #budget = MAX_PROBES;
  #soonest: Instant = Number.NEGATIVE_INFINITY;
  /** When the last probe was answered or given up, or planning began. */
  #since: Instant | undefined;
  /** Of the last probe that looked for a slower clock: the bound then, and how far below it the probe was timed. */
  #upper = Number.POSITIVE_INFINITY;
  #step = 0;

  constructor(end: ProbesEnd) {
    this.#end = end;
  }

  /**
   * Plans the next step.
   *
   * @param others the calibration of another connection.
   * @returns undefined if no more probes are sent.
   */
  next(now: Instant, others?: Calibration, company: Company = ALONE): ProbeStep | undefined {
    const pooled = this.#pool(company);
    const found = estimate(pooled.answers, now, this.#before ?? others);
    const isAlone = company.members === 1 || !pooled.isOnePath;
    const until = typeof this.#end === 'function' ? this.#end(found) : this.#end;
    const last = until - TIME_FOR_ANSWER;
    const left = (pooled.isOnePath ? this.#shareOf(company) : MAX_PROBES) - this.#probes;
    if (left <= 0) return undefined;
    this.#since ??= now;
    const turn = isAlone ? this.#turnAlone(last, left) : turnAmong(company, last, left, now);
    // Probes are spread over the turn, so that the last answer is fresh.
    const pace = Math.min((turn.to - this.#since) / turn.probes, turn.longestGap);
    const earliest = Math.max(now, this.#soonest, turn.from, this.#since + pace - SECOND);
    const at = found ? nextBoundary(earliest, this.#aim(found, pooled.answers.length, turn)) : earliest;
    if (at > last) return undefined;
    const mayLearnMore = at > now + (company.members > 1 ? PLANNED_AHEAD : SECOND);
    if (mayLearnMore) return { at: Math.min(at - PLANNED_AHEAD, now + SECOND) };
    if (found?.disagreement) [this.#step, this.#upper] = [this.#stepBelow(found), found.bounds.upper];
    this.#probes += 1;
    this.#soonest = at + GAP;
    return { at, until };
  }

  /** Selects the answers by which this connection is judged for now. */
  #pool({ answers: others }: Company): Pool {
    if (others.length === 0) return { answers: this.#answers, isOnePath: true };
    const isOnePath = haveOnePath([this.#answers, ...others]);
    const areOwn = !isOnePath && this.#answers.length > 0;
    return { answers: areOwn ? this.#answers : [...others.flat(), ...this.#answers], isOnePath };
  }

  /**
   * Returns how many probes to send in all: the connections of a pool share them. If others join late, this one still sends its
   * last probes, unless that would be more than before.
   */
  #shareOf({ members, answersOfGone }: Company): number {
    const share = Math.max(MIN_PROBES, Math.ceil((MAX_PROBES - answersOfGone) / members));
    this.#budget = Math.max(share, Math.min(this.#budget, this.#probes + LAST_PROBES));
    return this.#budget;
  }

  #turnAlone(last: Instant, probes: number): Turn {
    // From the third probe on, a pause might make the server close the connection.
    const from = this.#probes > 1 ? Number.NEGATIVE_INFINITY : last - WINDOW + (MAX_PROBES - probes) * SECOND;
    const longestGap = this.#probes > 0 ? LONGEST_IDLE : Number.POSITIVE_INFINITY;
    return { from, to: last, probes, longestGap, share: 0.5 };
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

  /** Returns the difference between AimHarder's clock at the arrival and ours at the sending by which the next probe is timed. */
  #aim(found: Calibration, answers: number, { share, tests }: Turn): number {
    const { bounds, arrival, disagreement, roundTrip } = found;
    if (disagreement) return bounds.upper - this.#stepBelow(found);
    const width = bounds.upper - arrival.likely;
    const spread = roundTrip.upperQuartile - roundTrip.shortest;
    if (width <= KNOWN && LATE_PROBES.includes(answers)) return bounds.upper + 2 + 3 * spread;
    if (tests && width <= KNOWN) return leastArrival(found);
    return width <= RESOLUTION ? arrival.earliest : arrival.likely + share * width;
  }

  /**
   * Returns how far below its known upper bound to look for the slowest clock. If the last probe has found a slower clock, the next
   * one looks twice as far below; otherwise as far again, because another server may have answered.
   */
  #stepBelow({ bounds: { upper }, roundTrip: { upperQuartile, shortest } }: Calibration): number {
    const isLower = upper < this.#upper - 1;
    return Math.max(2 * (upperQuartile - shortest + 1), isLower ? 2 * this.#step : this.#step);
  }

  /** Returns what is known by now. `probes` counts failed and slow probes too. */
  conclude(now: Instant, others?: Calibration, company: Company = ALONE): Calibration | undefined {
    const found = this.#judge(now, this.#before ?? others, company);
    return found && { ...found, probes: this.#probes };
  }

  #judge(now: Instant, known: Calibration | undefined, { answers: others }: Company): Calibration | undefined {
    const own = this.#answers;
    const isApart = own.length >= ANSWERS_TO_LEAVE && !haveOnePath([own, ...others]);
    if (others.length === 0 || isApart) return estimate(own, now, known);
    const pooled = estimate([...others.flat(), ...own], now, known);
    if (own.length < ANSWERS_TO_JOIN) return estimate(own, now, pooled);
    return pooled && withinOwn(pooled, estimate(own, now, known));
  }
}

/**
 * Returns the turn of one of the connections of a pool: they take turns, so that their answers are spread over the whole
 * window, and then send their last probes together, which show whether they have one path. A connection may be idle
 * between: if it is closed, the next one has the same path, because it leads to the same address.
 */
function turnAmong({ members, place }: Company, last: Instant, left: number, now: Instant): Turn {
  const [from, to] = [last - WINDOW, last - LAST_PROBES * SECOND];
  const share = (to - from) / members;
  const [begins, ends] = [from + place * share, from + (place + 1) * share];
  const longestGap = Number.POSITIVE_INFINITY;
  if (left <= LAST_PROBES || now >= ends)
    return {
      ...{ from: last - left * SECOND, to: last, probes: left, longestGap },
      ...{ share: (place + 1) / (members + 1), tests: left <= TEST_PROBES },
    };
  return { from: begins, to: ends, probes: left - LAST_PROBES, longestGap, share: 0.5 };
}

/** Finds the first instant, `earliest` or later, at which a probe has to leave to arrive at a boundary of seconds. */
const nextBoundary = (earliest: Instant, aimed: number): Instant =>
  Math.ceil((earliest + aimed) / SECOND) * SECOND - aimed;
