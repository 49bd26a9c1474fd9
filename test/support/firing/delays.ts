import { normalBelow, standardGammaBelow } from './probabilities.ts';

type Random = () => number;

/** How much longer than its fixed part a path takes, in milliseconds: a random delay for each request. */
export type Delays = {
  draw(random: Random): number;
  /** Returns the probability that a delay is shorter than `millis`. */
  below(millis: number): number;
};

export const drawNormal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** No delay at all. */
export const none: Delays = { draw: () => 0, below: (millis) => (millis > 0 ? 1 : 0) };

/** Log-normal delays. @param median in milliseconds. */
export const logNormal = (median: number, sigma: number): Delays => ({
  draw: (random) => median * Math.exp(sigma * drawNormal(random)),
  below: (millis) => (millis <= 0 ? 0 : normalBelow(Math.log(millis / median) / sigma)),
});

/** Gamma-distributed delays: the sum of `shape` exponential ones. @param mean in milliseconds. */
export const gamma = (shape: number, mean: number): Delays => ({
  draw: (random) => (drawStandardGamma(shape, random) * mean) / shape,
  below: (millis) => standardGammaBelow(shape, (millis * shape) / mean),
});

/** Draws by the method of Marsaglia and Tsang (ACM TOMS 26, 2000). */
function drawStandardGamma(shape: number, random: Random): number {
  if (shape < 1) return drawStandardGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = drawNormal(random);
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Exponential delays, none of them shorter than `floor`. @param mean in milliseconds, before the floor. */
export const exponential = (mean: number, floor: number): Delays => ({
  draw: (random) => Math.max(floor, -mean * Math.log(1 - random())),
  below: (millis) => (millis <= floor ? 0 : 1 - Math.exp(-millis / mean)),
});

/** Two humps: the given share of the delays is `longer` milliseconds longer than the others. */
export const twoHumps = (delays: Delays, longer: number, share: number): Delays => ({
  draw: (random) => delays.draw(random) + (random() < share ? longer : 0),
  below: (millis) => (1 - share) * delays.below(millis) + share * delays.below(millis - longer),
});
