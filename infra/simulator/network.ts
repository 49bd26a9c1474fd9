import { type Clock, type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { ArrivalQueue } from './arrival-queue.ts';
import { drawBetween, drawLogNormal, type Random } from './random.ts';
import type { Path, Switches } from './switches.ts';

/** A request's arrival at one of the simulator's servers. */
export type Arrival = {
  /** The index of the server in `Switches.servers`. */
  readonly server: number;
  /** When the request arrives, on that server's clock. */
  readonly at: Instant;
  /** The same instant on this process's monotonic clock. */
  readonly monotonicAt: Instant;
  /** How long the answer takes to reach the client, in milliseconds. */
  readonly outboundMs: number;
};

/** The part of a path's delays that is the same for all requests of a connection. */
type FixedDelays = { readonly inboundMs: number; readonly outboundMs: number };

/** How long a cache in front of the simulator serves the same `Date`, in milliseconds. */
const CACHE_LIFE = MINUTE;

/** Formats an instant as a `Date` header, which has whole seconds. */
const toHttpDate = (instant: Instant): string => new Date(Math.floor(instant / SECOND) * SECOND).toUTCString();

/** The simulator's clocks, and the path between the simulator and its clients. */
export class Network {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #switches: () => Switches;
  readonly #queue: ArrivalQueue;
  readonly #delaysByConnection = new WeakMap<object, FixedDelays>();
  /** The instant of the `Date` that the cache serves. */
  #cachedAt: Instant | undefined;

  constructor(clock: Clock, random: Random, switches: () => Switches) {
    this.#clock = clock;
    this.#random = random;
    this.#switches = switches;
    this.#queue = new ArrivalQueue(clock);
  }

  /** Returns the simulator's time, which is ahead of this machine's by the switch `skewMs`. */
  now(): Instant {
    return this.#clock.monotonic() + this.#switches().skewMs;
  }

  /**
   * Computes when a request arrives at a server. Call this method as soon as the request's head is read, because the arrival is
   * computed from that moment. A late timer of this machine then does not change the arrival.
   */
  computeArrival(connection: object, balancerCookie: string | undefined): Arrival {
    const { path, servers, skewMs } = this.#switches();
    const { inboundMs, outboundMs } = this.#drawFixedDelays(connection);
    const monotonicAt = this.#clock.monotonic() + inboundMs + this.#drawJitter(path);
    const server = this.#chooseServer(balancerCookie);
    return {
      server,
      monotonicAt,
      at: monotonicAt + skewMs + (servers[server] ?? 0),
      outboundMs: outboundMs + this.#drawJitter(path),
    };
  }

  /** Resolves when the request has arrived. Requests resolve in the order of their arrival. */
  waitForArrival({ monotonicAt }: Arrival): Promise<void> {
    return this.#queue.waitForArrival(monotonicAt);
  }

  /** Draws how long AimHarder works on a request before it writes the answer's `Date`, in milliseconds. */
  drawWorkMs(urlPath: string): number {
    const { answerMs, fileMs } = this.#switches();
    if (!urlPath.startsWith('/api/')) return urlPath === '/favicon.ico' ? fileMs : 0;
    const { min, max } = answerMs;
    return max > 0 ? drawBetween(this.#random, min, max) : 0;
  }

  /** Resolves when the answer reaches the client, and never earlier, because clients calibrate with this moment. */
  async waitForDelivery({ monotonicAt, outboundMs }: Arrival, workMs: number): Promise<void> {
    const dueAt = monotonicAt + workMs + outboundMs;
    // A timer may end up to 1 ms early. Then the loop waits for the rest.
    for (let leftMs = dueAt - this.#clock.monotonic(); leftMs > 0; leftMs = dueAt - this.#clock.monotonic())
      await this.wait(leftMs);
  }

  /** Resolves after some milliseconds, at the earliest 1 ms too early (`Clock.timeout`). */
  wait(milliseconds: number): Promise<void> {
    const timer = this.#clock.timeout(milliseconds);
    return new Promise((resolve) => timer.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Builds the answer's `Date` and `Age`, in whole seconds on the clock of the server that answers. */
  dateHeaders({ at }: Arrival, workMs: number): Readonly<Record<string, string>> {
    const { date, dateAheadMs } = this.#switches();
    const answeredAt = at + workMs + dateAheadMs;
    if (date === 'missing') return {};
    if (date === 'exact') return { date: toHttpDate(answeredAt) };
    const cachedAt = this.#findCachedDate(answeredAt);
    const age = { age: String(Math.max(0, Math.floor((answeredAt - cachedAt) / SECOND))) };
    return { date: toHttpDate(cachedAt), ...(date === 'cached' && age) };
  }

  /** Returns a connection's fixed delays: those of `path`; if `pathPerConnection` is set, they are drawn at its first request. */
  #drawFixedDelays(connection: object): FixedDelays {
    const { path, pathPerConnection: range } = this.#switches();
    if (!range) return path;
    const delays = this.#delaysByConnection.get(connection) ?? {
      inboundMs: drawBetween(this.#random, range.minMs, range.maxMs),
      outboundMs: drawBetween(this.#random, range.minMs, range.maxMs),
    };
    this.#delaysByConnection.set(connection, delays);
    return delays;
  }

  #drawJitter({ jitterMedianMs, jitterSigma }: Path): number {
    return drawLogNormal(this.#random, jitterMedianMs, jitterSigma);
  }

  /** Chooses the server that the balancer's cookie names (`s<index>-…`), or, without the cookie, a random one. */
  #chooseServer(balancerCookie: string | undefined): number {
    const { servers } = this.#switches();
    const cookieServer = /^s(\d+)-/.exec(balancerCookie ?? '')?.[1];
    if (cookieServer !== undefined && Number(cookieServer) < servers.length) return Number(cookieServer);
    return servers.length > 1 ? Math.floor(this.#random() * servers.length) : 0;
  }

  /** Finds the instant of the cached `Date`. Renews it after `CACHE_LIFE`. */
  #findCachedDate(at: Instant): Instant {
    if (this.#cachedAt === undefined || at - this.#cachedAt >= CACHE_LIFE) this.#cachedAt = at;
    return this.#cachedAt;
  }
}
