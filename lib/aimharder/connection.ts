import type { Clock } from '../platform/clock.ts';
import { type Cookie, cookieHeader } from './cookies.ts';
import type { ProbeAnswer } from './estimate.ts';
import { boxUrl, type Origins } from './origins.ts';
import { type BuiltRequest, type Prepared, type Transport, transport } from './transport.ts';

/** A connection to one box, for one pre-booking: its probes find AimHarder's clock, then it carries the shot. */
export type Connection = {
  readonly origins: Origins;
  /** Builds a request beforehand. Should its connection be lost before it is sent, it goes another way. */
  build(request: Prepared): BuiltRequest;
  /** Asks for something cheap, as the session would whose cookies these are. */
  probe(cookies: readonly Cookie[], signal: AbortSignal): Promise<ProbeAnswer>;
  /** Keeps the connection from idling out, and opens another one to fall back on. What comes back does not matter. */
  warm(cookies: readonly Cookie[], signal: AbortSignal): Promise<void>;
  /** Tells the way that a request would go now: a connection opened anew may have another one, unmeasured. */
  routeId(): string;
  close(): void;
};

export function openConnection({
  origins,
  box,
  clock,
}: {
  readonly origins: Origins;
  readonly box: string;
  readonly clock: Clock;
}): Connection {
  const [main, spare] = [transport(clock, 1), transport(clock, 1)];
  const current = () => (main.connections().open || !spare.connections().open ? main : spare);
  const ping = (over: Transport, cookies: readonly Cookie[], signal: AbortSignal) =>
    over.exchange(cheapRequest(origins, box, cookies), signal);
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
 * GET, because after a HEAD the connection may not be kept, and the shot would open another one. A file, because what is
 * made by a program takes longer between arrival and the stamp of its `Date`. Of the cookies, those that the balancer goes
 * by: the clock must be that of the server which will be asked for the place.
 */
function cheapRequest(origins: Origins, box: string, cookies: readonly Cookie[]): Prepared {
  const cookie = cookieHeader(cookies.filter(({ name }) => name.startsWith('AWSALB')));
  return {
    url: boxUrl(origins, box, '/favicon.ico'),
    method: 'GET',
    headers: { accept: '*/*', ...(cookie && { cookie }) },
  };
}
