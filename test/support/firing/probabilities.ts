/**
 * Returns the probability that a standard normal number is below `x`. Its relative error is below 1.2e-7, far out too (the
 * Chebyshev fit of erfc in Numerical Recipes, 6.2).
 */
export function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const fitted = CHEBYSHEV.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(-z * z + fitted)) / 2;
  return x < 0 ? tail : 1 - tail;
}

const CHEBYSHEV = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] as const;

/** Returns the probability that a gamma-distributed number of scale 1 is below `x` (DLMF 8.7.1). */
export function standardGammaBelow(shape: number, x: number): number {
  if (x <= 0) return 0;
  if (x > 10 * shape + 100) return 1;
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; term > sum * 1e-12; n += 1) {
    term *= x / (shape + n);
    sum += term;
  }
  return Math.min(1, sum * Math.exp(shape * Math.log(x) - x - logGamma(shape)));
}

/** Returns the logarithm of the gamma function (Stirling's series, DLMF 5.11.1). */
function logGamma(x: number): number {
  if (x < 8) return logGamma(x + 1) - Math.log(x);
  return (
    (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)
  );
}
