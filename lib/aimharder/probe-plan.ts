import { type Instant, SECOND } from '../platform/clock.ts';
import { type Calibration, estimate, type ProbeAnswer } from './estimate.ts';

/** Most probes of one firing: more would be impolite. An estimate needs this many for its smallest margin (`judgePath`). */
export const MAX_PROBES = 24;

/** Most probes where another connection has calibrated already: enough to measure this path, even if two are lost. */
const MAX_PROBES_WHEN_SHARED = 10;

/** Shortest time between two probes, in milliseconds. */
const GAP = 250;

/** How long before the end the last probe is sent, in milliseconds. An answer after the end is not awaited. */
const TIME_FOR_ANSWER = SECOND / 2;

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
 * After so many answers, a probe is timed to arrive just after `Date` has changed. If another server answers it, whose clock is
 * ahead, the answer contradicts the others. Two in a row, because two servers may answer in turn.
 */
const LATE_PROBES: readonly number[] = [10, 11];

/** They are sent only if the arrival is known to within this many milliseconds. */
const KNOWN = 50;

/** The end of the probes, on our monotonic clock. A function of the calibration so far may compute it. */
export type ProbesEnd = Instant | ((known: Calibration | undefined) => Instant);

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
  #soonest: Instant | undefined;
  /** Of the last probe that looked for a slower clock: the bound then, and how far below it the probe was timed. */
  #upper = Number.POSITIVE_INFINITY;
  #step = 0;

  constructor(end: ProbesEnd) {
    this.#end = end;
  }

  /**
   * Plans the next probe.
   *
   * @param others the calibration of another connection.
   * @returns when the probe leaves and until when its answer is awaited; undefined if no more probes are sent.
   */
  next(now: Instant, others?: Calibration): { readonly at: Instant; readonly until: Instant } | undefined {
    const known = this.#before ?? others;
    const found = estimate(this.#answers, now, known);
    const until = typeof this.#end === 'function' ? this.#end(found) : this.#end;
    const last = until - TIME_FOR_ANSWER;
    const maxProbes = others ? MAX_PROBES_WHEN_SHARED : MAX_PROBES;
    if (this.#probes >= maxProbes) return undefined;
    this.#soonest ??= last - WINDOW;
    // Probes are spread over the time left, so that the last answer is fresh and the connection is never idle for long.
    const pace = Math.min(
      (last - now) / (maxProbes - this.#probes),
      this.#probes > 0 ? LONGEST_IDLE : Number.POSITIVE_INFINITY,
    );
    const earliest = Math.max(now, this.#soonest, now + pace - SECOND);
    const at = found ? nextBoundary(earliest, this.#aim(found)) : earliest;
    if (at > last) return undefined;
    this.#probes += 1;
    this.#soonest = at + GAP;
    return { at, until };
  }

  /**
   * Records what became of a probe.
   *
   * @param answer undefined if the probe failed, which closes its connection; `slow` if its answer was not awaited.
   */
  record(answer: ProbeAnswer | 'slow' | undefined, now: Instant): void {
    // A slow answer tells nothing, but the connection is still open, and its path is the same.
    if (answer === 'slow') return;
    if (!answer || answer.connection !== this.#answers[0]?.connection) {
      this.#before = estimate(this.#answers, now, this.#before);
      this.#answers = [];
    }
    if (answer) this.#answers.push(answer);
  }

  /** Returns for which difference of AimHarder's clock at the arrival and ours at the sending the next probe is timed. */
  #aim(found: Calibration): number {
    const { bounds, arrival, disagreement, roundTrip } = found;
    if (disagreement) return this.#aimBelow(found);
    const width = bounds.upper - arrival.likely;
    const spread = roundTrip.upperQuartile - roundTrip.shortest;
    if (width <= KNOWN && LATE_PROBES.includes(this.#answers.length)) return bounds.upper + 2 + 3 * spread;
    return width <= RESOLUTION ? arrival.earliest : (arrival.likely + bounds.upper) / 2;
  }

  /**
   * Looks for the slowest clock, below what is known of it. If the last probe has found a slower one, the next looks twice as
   * far below; otherwise it looks there again, because another server may have answered.
   */
  #aimBelow({ bounds: { upper }, roundTrip: { upperQuartile, shortest } }: Calibration): number {
    const isLower = upper < this.#upper - 1;
    this.#step = Math.max(2 * (upperQuartile - shortest + 1), isLower ? 2 * this.#step : this.#step);
    this.#upper = upper;
    return upper - this.#step;
  }

  /** Returns what is known by now. `probes` counts failed and slow probes too. */
  conclude(now: Instant, others?: Calibration): Calibration | undefined {
    const found = estimate(this.#answers, now, this.#before ?? others);
    return found && { ...found, probes: this.#probes };
  }
}

/** Finds the first instant, `earliest` or later, at which a probe has to leave to arrive at a boundary of seconds. */
const nextBoundary = (earliest: Instant, aimed: number): Instant =>
  Math.ceil((earliest + aimed) / SECOND) * SECOND - aimed;
