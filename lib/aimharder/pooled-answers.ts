import type { Calibration, ProbeAnswer } from './estimate.ts';
import { leastPath } from './path-margin.ts';

type Answers = readonly ProbeAnswer[];

/** How many answers a connection needs for its round trips to be compared with those of other connections. */
const ANSWERS_TO_COMPARE = 3;

/**
 * How much the shortest round trips of connections with one path may differ: by `DIFFERENCE` milliseconds, plus
 * `DIFFERENCE_IN_SPREADS` times the spread. Three of four round trips exceed the shortest of their connection by less than the
 * spread.
 */
const DIFFERENCE = 3;
const DIFFERENCE_IN_SPREADS = 3;

/**
 * Checks whether connections to one address have one path, as far as their round trips tell. If not, no connection's path is
 * judged by the answers of another. Round trips do not show that a path is longer on the way to the server and as much shorter on
 * the way back. Then the pooled answers contradict each other (`Calibration.disagreement`).
 */
export function haveOnePath(connections: readonly Answers[]): boolean {
  const excesses: number[] = [];
  let [fastest, slowest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const answers of connections) {
    const roundTrips = answers.flatMap(({ date, sentAt, answeredAt }) =>
      date === undefined ? [] : [answeredAt - sentAt],
    );
    const shortest = Math.min(...roundTrips);
    excesses.push(...roundTrips.map((roundTrip) => roundTrip - shortest));
    if (roundTrips.length < ANSWERS_TO_COMPARE) continue;
    fastest = Math.min(fastest, shortest);
    slowest = Math.max(slowest, shortest);
  }
  const spread = Float64Array.from(excesses).sort()[Math.floor(excesses.length * 0.75)] ?? 0;
  return slowest - fastest <= DIFFERENCE + DIFFERENCE_IN_SPREADS * spread;
}

/** By how much a test probe is aimed before the earliest arrival that the pool allows, in milliseconds: see `leastArrival`. */
const CONTRADICTION_MARGIN = 0.1;

/** How much later answers may change the least arrival after a test probe was timed by it, in milliseconds. */
const LARGEST_CHANGE = 0.8;

/**
 * Returns the least arrival, in milliseconds: AimHarder's clock when a request arrives, minus ours when the request is sent, as
 * small as the answers of a pool allow for a single clock. A *test probe* is timed by this value to arrive when a second begins.
 * If its answer shows the second before, the answer contradicts the pool: the clock of the probe's server is behind.
 */
export const leastArrival = ({ arrival, roundTrip, answers }: Calibration): number =>
  arrival.likely - roundTrip.shortest + leastPath(roundTrip, answers) - CONTRADICTION_MARGIN;

/**
 * Limits the estimate of a pool by what a connection's own answers prove. One address may have several servers behind it, with
 * clocks of their own, and the balancer's cookie leads each connection to one of them. So the earliest arrival stays as far below
 * the connection's own upper bound as it is below the likely arrival in the pool. It is at most the earliest arrival by the own
 * answers if the pool's answers disagree, or if the own answers prove that the clock of this connection's server is behind the
 * pool's.
 */
export function limitByOwn(pooled: Calibration, own: Calibration | undefined): Calibration {
  if (!own) return pooled;
  const { earliest, likely } = pooled.arrival;
  const capped = Math.max(own.bounds.upper - (likely - earliest), own.arrival.earliest);
  const isBehind = own.bounds.upper <= leastArrival(pooled) + LARGEST_CHANGE;
  const limit = pooled.disagreement || isBehind ? own.arrival.earliest : capped;
  return { ...pooled, arrival: { ...pooled.arrival, earliest: Math.min(earliest, limit) } };
}
