import type { LookupFunction } from 'node:net';
import type { Clock } from '../platform/clock.ts';
import { type Cookie, cookieHeader } from './cookies.ts';
import type { ProbeAnswer } from './estimate.ts';
import { boxUrl, type Origins } from './origins.ts';
import { type BuiltRequest, type Prepared, type Transport, transport } from './transport.ts';

/** A connection to one box for one firing. Its probes find AimHarder's clock, then it carries the shot. */
export type Connection = {
  readonly origins: Origins;
  /** Builds a request beforehand. If its connection is lost before it is sent, another connection carries it. */
  build(request: Prepared): BuiltRequest;
  /** Sends a probe. @param cookies the cookies of the session that will book; only the balancer's are sent. */
  probe(cookies: readonly Cookie[], signal: AbortSignal): Promise<ProbeAnswer>;
  /** Uses the connection, so that it is not closed as idle, and opens a spare one. Ignores failures. */
  warm(cookies: readonly Cookie[], signal: AbortSignal): Promise<void>;
  /** Names the connection that a request would use now. Calibration holds for one connection: another may have another path. */
  routeId(): string;
  close(): void;
};

export function openConnection({
  origins,
  box,
  clock,
  lookup,
}: {
  readonly origins: Origins;
  readonly box: string;
  readonly clock: Clock;
  /** Resolves the box's name (`sharedLookup`); Node's by default. */
  readonly lookup?: LookupFunction;
}): Connection {
  const [main, spare] = [transport(clock, 1, lookup), transport(clock, 1, lookup)];
  const current = () => {
    const { open, busy } = main.connections();
    if (open && !busy) return main;
    // A request would wait behind a slow answer, so it uses the spare connection, even if that has to be opened.
    return busy || spare.connections().open ? spare : main;
  };
  const ping = (over: Transport, cookies: readonly Cookie[], signal: AbortSignal) =>
    over.exchange(buildProbe(origins, box, cookies), signal);
  return {
    origins,
    build(request) {
      const built = current().build(request);
      return {
        lost: () => built.lost(),
        send: (signal) => (built.lost() ? current().exchange(request, signal) : built.send(signal)),
      };
    },
    probe: (cookies, signal) => ping(main, cookies, signal),
    async warm(cookies, signal) {
      await Promise.allSettled([ping(main, cookies, signal), ping(spare, cookies, signal)]);
    },
    routeId() {
      const { opened, open } = current().connections();
      return open ? `${current() === main ? 'main' : 'spare'} ${opened}` : 'one to be opened';
    },
    close() {
      main.close();
      spare.close();
    },
  };
}

/**
 * Builds a probe (README, "The clock (Date)"): a GET, because after a HEAD the server may close the connection; for a static
 * file, because a program would work between arrival and `Date`; with the balancer's cookies, so that the server of the shot
 * answers it.
 */
function buildProbe(origins: Origins, box: string, cookies: readonly Cookie[]): Prepared {
  const cookie = cookieHeader(cookies.filter(({ name }) => name.startsWith('AWSALB')));
  return {
    url: boxUrl(origins, box, '/favicon.ico'),
    method: 'GET',
    headers: { accept: '*/*', ...(cookie && { cookie }) },
  };
}
