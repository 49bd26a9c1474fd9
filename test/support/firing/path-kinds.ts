import { SECOND } from '../../../lib/platform/clock.ts';
import { type Delays, drawNormal, exponential, gamma, logNormal, none, twoHumps } from './delays.ts';
import { normalBelow } from './probabilities.ts';

type Random = () => number;

/** The delays of one path, in both directions. Instants are asked for in ascending order. */
type PathDelays = {
  /** Draws the delay of a request that is sent at `at`. */
  out(at: number): number;
  back(at: number): number;
  /** Returns the probability, or an upper limit of it, that a request sent at `at` is delayed by less than `millis`. */
  outBelow(at: number, millis: number): number;
};

/** A kind of network path between us and AimHarder. */
export type PathKind = {
  readonly name: string;
  /** The least and the most of the fixed part each way, in milliseconds; each path draws both ways. */
  readonly fixed: readonly [least: number, most: number];
  /** How long at most the server waits before it stamps `Date`, in milliseconds; each answer draws it. */
  readonly stampDelay: number;
  start(random: Random): PathDelays;
};

const FAR = [5, 40] as const;
const SAME_REGION = [0.3, 1.8] as const;

/** Each request has a delay of its own. */
const independent =
  (out: Delays, back = out) =>
  (random: Random): PathDelays => ({
    out: () => out.draw(random),
    back: () => back.draw(random),
    outBelow: (_, millis) => out.below(millis),
  });

/** How long a burst lasts, in milliseconds. */
const BURST = 200;

/** Bursts of 200 ms with exponential extra delays. @param share of the time in bursts. @param mean extra delay in milliseconds. */
const bursts =
  (delays: Delays, share: number, mean: number) =>
  (random: Random): PathDelays => {
    let from = Number.NEGATIVE_INFINITY;
    let isBurst = false;
    const draw = (at: number) => {
      if (at >= from + BURST) {
        from = at;
        isBurst = random() < share;
      }
      return delays.draw(random) + (isBurst ? -mean * Math.log(1 - random()) : 0);
    };
    // In a burst a delay is longer, so that without one is an upper limit.
    return { out: draw, back: draw, outBelow: (_, millis) => delays.below(millis) };
  };

/** Log-normal delays that resemble those shortly before. @param memory after so many milliseconds, 1/e of the resemblance is left. */
const correlated =
  (median: number, sigma: number, memory: number) =>
  (random: Random): PathDelays => {
    const direction = () => {
      let [last, state] = [Number.NEGATIVE_INFINITY, 0];
      const kept = (at: number) => Math.exp(-(at - last) / memory);
      return {
        draw(at: number) {
          state = kept(at) * state + Math.sqrt(1 - kept(at) ** 2) * drawNormal(random);
          last = at;
          return median * Math.exp(sigma * state);
        },
        below: (at: number, millis: number) =>
          millis <= 0
            ? 0
            : normalBelow((Math.log(millis / median) / sigma - kept(at) * state) / Math.sqrt(1 - kept(at) ** 2)),
      };
    };
    const [out, back] = [direction(), direction()];
    return { out: out.draw, back: back.draw, outBelow: out.below };
  };

const kind = (
  name: string,
  start: PathKind['start'],
  { fixed = FAR, stampDelay = 0 }: Partial<Pick<PathKind, 'fixed' | 'stampDelay'>> = {},
): PathKind => ({ name, fixed, stampDelay, start });

/** The path of every promised figure (README). */
export const README_PATH = kind('log-normal 2 ms, σ 0.8', independent(logNormal(2, 0.8)));

/** A path within AimHarder's own Region. */
export const SAME_REGION_PATH = kind('same Region, log-normal 0.2 ms, σ 0.8', independent(logNormal(0.2, 0.8)), {
  fixed: SAME_REGION,
});

/** Kinds of paths: what is measured on real networks, and what is worst for an estimator. */
export const PATH_KINDS: readonly PathKind[] = [
  README_PATH,
  kind('log-normal 0.3 ms, σ 0.3', independent(logNormal(0.3, 0.3))),
  kind('log-normal 0.3 ms, σ 1.5', independent(logNormal(0.3, 1.5))),
  kind('log-normal 1 ms, σ 0.5', independent(logNormal(1, 0.5))),
  kind('log-normal 1 ms, σ 1', independent(logNormal(1, 1))),
  kind('log-normal 3 ms, σ 0.3', independent(logNormal(3, 0.3))),
  kind('log-normal 5 ms, σ 0.5', independent(logNormal(5, 0.5))),
  kind('log-normal 10 ms, σ 0.3', independent(logNormal(10, 0.3))),
  kind('log-normal 10 ms, σ 0.8', independent(logNormal(10, 0.8))),
  kind('log-normal 10 ms, σ 1.5', independent(logNormal(10, 1.5))),
  kind('gamma of shape 0.5, mean 2 ms', independent(gamma(0.5, 2))),
  kind('gamma of shape 2, mean 2 ms', independent(gamma(2, 2))),
  kind('gamma of shape 4, mean 4 ms', independent(gamma(4, 4))),
  kind('gamma of shape 9, mean 6 ms', independent(gamma(9, 6))),
  kind('exponential, mean 2 ms, floor 0.5 ms', independent(exponential(2, 0.5))),
  kind('exponential, mean 5 ms, floor 1 ms', independent(exponential(5, 1))),
  kind('two humps, a fifth 8 ms longer', independent(twoHumps(logNormal(1, 0.5), 8, 0.2))),
  kind('two humps, half 5 ms longer', independent(twoHumps(logNormal(1, 0.5), 5, 0.5))),
  kind('bursts of 200 ms, a tenth of the time', bursts(logNormal(1, 0.5), 0.1, 15)),
  kind('correlated over 2 s, log-normal 2 ms, σ 0.8', correlated(2, 0.8, 2 * SECOND)),
  kind('delays only on the way out, log-normal 2 ms, σ 0.8', independent(logNormal(2, 0.8), none)),
  kind('delays only on the way back, log-normal 2 ms, σ 0.8', independent(none, logNormal(2, 0.8))),
  kind('Date stamped up to 5 ms late', independent(logNormal(1, 0.5)), { stampDelay: 5 }),
  SAME_REGION_PATH,
];
