import type { LookupFunction } from 'node:net';
import type { Clock } from '../platform/clock.ts';
import { type Cookie, cookieHeader } from './cookies.ts';
import type { ProbeAnswer } from './estimate.ts';
import { boxUrl, type Origins } from './origins.ts';
import { type BuiltRequest, type PreparedRequest, type Transport, transport } from './transport.ts';

/** A connection to one box for one firing. It carries the probes that find AimHarder's clock, and then the shot. */
export type Connection = {
  readonly origins: Origins;
  /** Builds a request beforehand. If the connection is lost before the request is sent, `send` uses another connection. */
  build(request: PreparedRequest): BuiltRequest;
  /** Sends a probe over the main connection. @param cookies those of the session that will book; only the balancer's are sent. */
  probe(cookies: readonly Cookie[], signal: AbortSignal): Promise<ProbeAnswer>;
  /** Uses the connection, so that it is not closed as idle, and opens a spare one. Ignores failures. */
  warm(cookies: readonly Cookie[], signal: AbortSignal): Promise<void>;
  /**
   * Names the connection that a request would use now. A calibration holds for one connection only, because another connection
   * may take another path through the network.
   */
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
    const { isOpen, isBusy } = main.connections();
    if (isOpen && !isBusy) return main;
    // On a busy connection, the request would wait behind a slow answer, so the spare one is used, even if it is not open yet.
    return isBusy || spare.connections().isOpen ? spare : main;
  };
  const sendProbe = (via: Transport, cookies: readonly Cookie[], signal: AbortSignal) =>
    via.exchange(buildProbe(origins, box, cookies), signal);
  return {
    origins,
    build(request) {
      const built = current().build(request);
      return {
        isLost: () => built.isLost(),
        send: (signal) => (built.isLost() ? current().exchange(request, signal) : built.send(signal)),
      };
    },
    probe: (cookies, signal) => sendProbe(main, cookies, signal),
    async warm(cookies, signal) {
      await Promise.allSettled([sendProbe(main, cookies, signal), sendProbe(spare, cookies, signal)]);
    },
    routeId() {
      const { opened, isOpen } = current().connections();
      return isOpen ? `${current() === main ? 'main' : 'spare'} ${opened}` : 'one to be opened';
    },
    close() {
      main.close();
      spare.close();
    },
  };
}

/**
 * Builds a probe (README, "The clock (Date)"): a GET, because after a HEAD the server may close the connection; for a static
 * file, because a program would work between the arrival and the writing of `Date`; with the balancer's cookies, so that the
 * server that will get the shot answers the probe.
 */
function buildProbe(origins: Origins, box: string, cookies: readonly Cookie[]): PreparedRequest {
  const cookie = cookieHeader(cookies.filter(({ name }) => name.startsWith('AWSALB')));
  return {
    url: boxUrl(origins, box, '/favicon.ico'),
    method: 'GET',
    headers: { accept: '*/*', ...(cookie && { cookie }) },
  };
}
