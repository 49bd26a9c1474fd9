import type { Calibration, ProbeAnswer } from './estimate.ts';
import { leastPath } from './path-margin.ts';

type Answers = readonly ProbeAnswer[];

/** How many answers a connection needs for its round trips to be compared with those of other connections. */
const ANSWERS_TO_COMPARE = 3;

/**
 * How much the shortest round trips of two connections with one path may differ: by `DIFFERENCE` milliseconds, plus
 * `DIFFERENCE_IN_SPREADS` times the usual spread of the round trips over one connection.
 */
const DIFFERENCE = 3;
const DIFFERENCE_IN_SPREADS = 3;

/**
 * Checks whether connections to one address have one path, as far as their round trips tell. If not, no connection's path is
 * judged by the answers of another. If one path is longer on the way to the server and shorter on the way back, round trips do not
 * show the difference. Then the pooled answers contradict each other (`Calibration.disagreement`).
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

/**
 * How much earlier than the earliest arrival that the pool allows a test probe is timed to arrive, in milliseconds. If its answer
 * still shows the second before, the answer contradicts the pool.
 */
const CONTRADICTION_MARGIN = 0.1;

/** How much the least arrival may change after a probe was timed by it, in milliseconds. */
const LARGEST_CHANGE = 0.8;

/**
 * Returns the least arrival: the smallest difference, between AimHarder's clock when a request arrives and ours when it is sent,
 * that the answers of a pool allow for a single clock. A test probe is timed by it to arrive when a second begins. If the answer
 * still shows the second before, the clock of the probe's server is behind.
 */
export const leastArrival = ({ arrival, roundTrip, answers }: Calibration): number =>
  arrival.likely - roundTrip.shortest + leastPath(roundTrip, answers) - CONTRADICTION_MARGIN;

/**
 * Limits the estimate of a pool by what a connection's own answers prove. One address may have several servers behind it, with
 * clocks of their own, and the balancer's cookie leads each connection to one of them. So `earliest` stays as far below the
 * connection's own upper bound as it is below the likely arrival. `earliest` is at most that of the connection's own answers if
 * the pool's answers disagree, or if an own answer proves that the clock of this connection's server is behind the pool's.
 */
export function limitByOwn(pooled: Calibration, own: Calibration | undefined): Calibration {
  if (!own) return pooled;
  const { earliest, likely } = pooled.arrival;
  const capped = Math.max(own.bounds.upper - (likely - earliest), own.arrival.earliest);
  const isBehind = own.bounds.upper <= leastArrival(pooled) + LARGEST_CHANGE;
  const limit = pooled.disagreement || isBehind ? own.arrival.earliest : capped;
  return { ...pooled, arrival: { ...pooled.arrival, earliest: Math.min(earliest, limit) } };
}
