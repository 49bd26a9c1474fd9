/** A distribution of milliseconds, unless stated otherwise. */
export type Distribution = {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
};

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
  const mean = rounded(sorted.reduce((sum, value) => sum + value, 0) / sorted.length);
  return { count: sorted.length, min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), mean };
}

export const rounded = (value: number, decimals = 1): number => Math.round(value * 10 ** decimals) / 10 ** decimals;

/** Picks up to `points` of the sorted values, evenly spread, each with the share of values up to it. */
export function sharesOf(
  values: readonly number[],
  points = 100,
): readonly { readonly value: number; readonly share: number }[] {
  const sorted = [...values].sort((a, b) => a - b);
  const step = Math.max(1, sorted.length / points);
  const ranks = Array.from({ length: Math.min(points, sorted.length) }, (_, index) => Math.floor(index * step));
  return [...new Set([...ranks, sorted.length - 1])].map((rank) => ({
    value: rounded(sorted[rank] ?? Number.NaN, 2),
    share: rounded((rank + 1) / sorted.length, 4),
  }));
}
