import type { ProbeAnswer } from './estimate.ts';

type Answers = readonly ProbeAnswer[];

/** How many answers a connection needs for its round trips to be compared with those of other connections. */
const ANSWERS_TO_COMPARE = 3;

/**
 * By how much the shortest round trips of two connections with one path may differ: so many milliseconds, and so many times as
 * much as round trips over one connection differ.
 */
const DIFFERENCE = 3;
const DIFFERENCE_IN_SPREADS = 3;

/**
 * Checks whether connections to one address have one path, as far as their round trips tell. If not, no connection's path is
 * judged by the answers of another. A difference that round trips do not show, because a longer way there makes up for a
 * shorter way back, makes the pooled answers contradict each other (`Calibration.disagreement`).
 */
export function haveOnePath(connections: readonly Answers[]): boolean {
  const longer: number[] = [];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const answers of connections) {
    const roundTrips = answers.flatMap(({ date, sentAt, answeredAt }) =>
      date === undefined ? [] : [answeredAt - sentAt],
    );
    const shortest = Math.min(...roundTrips);
    longer.push(...roundTrips.map((roundTrip) => roundTrip - shortest));
    if (roundTrips.length < ANSWERS_TO_COMPARE) continue;
    least = Math.min(least, shortest);
    most = Math.max(most, shortest);
  }
  const spread = Float64Array.from(longer).sort()[Math.floor(longer.length * 0.75)] ?? 0;
  return most - least <= DIFFERENCE + DIFFERENCE_IN_SPREADS * spread;
}
