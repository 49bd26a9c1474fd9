import type { Connection } from '../aimharder/connection.ts';
import { UpstreamFailure } from '../aimharder/upstream-failure.ts';
import { defineFact, type Finding } from './finding.ts';

export const ROUTE_FACTS = {
  routes: defineFact(
    'routes',
    'Nothing changes for this service: if a shot has to change its connection, the service aims it with a wider margin.',
  ),
};

/** How many connections are compared. */
const CONNECTIONS = 4;

/** How many probes each connection sends; the shortest round trip counts. */
const PROBES_PER_CONNECTION = 3;

/**
 * Measures how much the round trips of several connections differ: a balancer may choose another server for each connection. The
 * difference is only reported; no difference counts as a change.
 */
export async function checkRoutes(open: () => Connection, signal: AbortSignal): Promise<readonly Finding[]> {
  const bestRoundTrips: number[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const connection = open();
    try {
      const roundTrips: number[] = [];
      for (let probe = 0; probe < PROBES_PER_CONNECTION; probe += 1) {
        const { sentAt, answeredAt } = await connection.probe([], signal);
        roundTrips.push(answeredAt - sentAt);
      }
      bestRoundTrips.push(Math.min(...roundTrips));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UpstreamFailure)) throw error;
      return [ROUTE_FACTS.routes.unknown(error.code)];
    } finally {
      connection.close();
    }
  }
  const spread = Math.max(...bestRoundTrips) - Math.min(...bestRoundTrips);
  return [
    ROUTE_FACTS.routes.ok(`the round trips of ${CONNECTIONS} connections differ by up to ${spread.toFixed(1)} ms`),
  ];
}
