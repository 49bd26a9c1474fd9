import type { Connection } from '../../../lib/aimharder/connection.ts';
import { UpstreamFailure } from '../../../lib/aimharder/upstream-failure.ts';
import { type Finding, fact } from './finding.ts';

const ROUTES = fact('routes', 'Nothing: a shot that has to change its connection is aimed with a wider margin.');

const CONNECTIONS = 4;
const PROBES = 3;

/** Measures how much the round trips of several connections differ. A balancer may lead each connection to another server. */
export async function checkRoutes(open: () => Connection, signal: AbortSignal): Promise<readonly Finding[]> {
  const best: number[] = [];
  for (let nth = 0; nth < CONNECTIONS; nth += 1) {
    const connection = open();
    try {
      const taken: number[] = [];
      for (let probe = 0; probe < PROBES; probe += 1) {
        const { sentAt, answeredAt } = await connection.probe([], signal);
        taken.push(answeredAt - sentAt);
      }
      best.push(Math.min(...taken));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UpstreamFailure)) throw error;
      return [ROUTES.unknown(error.code)];
    } finally {
      connection.close();
    }
  }
  const spread = Math.max(...best) - Math.min(...best);
  return [ROUTES.ok(`the round trips of ${CONNECTIONS} connections differ by up to ${spread.toFixed(1)} ms`)];
}
