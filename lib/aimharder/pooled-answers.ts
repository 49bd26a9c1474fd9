import type { Calibration, ProbeAnswer } from './estimate.ts';
import { leastPath } from './path-margin.ts';

type Answers = readonly ProbeAnswer[];

/** How many answers a connection needs for its round trips to be compared with those of other connections. */
const ANSWERS_TO_COMPARE = 3;

/**
 * How much the shortest round trips of two connections with one path may differ: by `DIFFERENCE` milliseconds, and
 * `DIFFERENCE_IN_SPREADS` times the spread of the round trips over one connection.
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

/** The margin of `leastArrival`, in milliseconds: an answer that still shows the second before then contradicts the pool. */
const CONTRADICTS = 0.1;

/** How much the least arrival may change after a probe was timed by it, in milliseconds. */
const CHANGES = 0.8;

/**
 * Returns the least arrival: the smallest difference between AimHarder's clock at an arrival and ours at the sending that the
 * answers of a pool allow for a single clock. If a probe that is timed by it still gets the second before, its server is behind.
 */
export const leastArrival = ({ arrival, roundTrip, answers }: Calibration): number =>
  arrival.likely - roundTrip.shortest + leastPath(roundTrip, answers) - CONTRADICTS;

/**
 * Limits the estimate of a pool by what a connection's own answers prove. One address may have several servers behind it, with
 * clocks of their own, and the balancer's cookie leads each connection to one of them. So `earliest` stays as far below the own
 * upper bound as it is below the likely arrival. If the pool's answers disagree, or an own answer shows the second before when
 * the pool's clock no longer could, `earliest` is at most that of the own answers.
 */
export function withinOwn(pooled: Calibration, own: Calibration | undefined): Calibration {
  if (!own) return pooled;
  const { earliest, likely } = pooled.arrival;
  const capped = Math.max(own.bounds.upper - (likely - earliest), own.arrival.earliest);
  const isBehind = own.bounds.upper <= leastArrival(pooled) + CHANGES;
  const limit = pooled.disagreement || isBehind ? own.arrival.earliest : capped;
  return { ...pooled, arrival: { ...pooled.arrival, earliest: Math.min(earliest, limit) } };
}
