import { type Clock, type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { between, logNormal, type Random } from './random.ts';
import type { Path, Switches } from './switches.ts';

/** A request's arrival at one of the simulator's servers. */
export type Arrival = {
  readonly server: number;
  /** On that server's clock. */
  readonly at: Instant;
  /** The same moment on this process's monotonic clock. */
  readonly tick: Instant;
  readonly outboundMs: number;
};

type FixedPart = { readonly inboundMs: number; readonly outboundMs: number };

/** How long a cache in front of the simulator serves the same `Date`, in milliseconds. */
const CACHE_LIFE = MINUTE;

/** The simulator's clocks, and the path between it and its clients. */
export function network(clock: Clock, random: Random, switches: () => Switches) {
  const fixedParts = new WeakMap<object, FixedPart>();
  const queue = arrivalQueue(clock);
  let cachedAt: Instant | undefined;

  const now = (): Instant => clock.monotonic() + switches().skewMs;

  function fixedPartOf(connection: object): FixedPart {
    const { path, pathPerConnection: range } = switches();
    if (!range) return path;
    const drawn = fixedParts.get(connection) ?? {
      inboundMs: between(random, range.minMs, range.maxMs),
      outboundMs: between(random, range.minMs, range.maxMs),
    };
    fixedParts.set(connection, drawn);
    return drawn;
  }

  const jitter = ({ jitterMedianMs, jitterSigma }: Path) => logNormal(random, jitterMedianMs, jitterSigma);

  /** The server the balancer's cookie names, else any. */
  function serverFor(balancerCookie: string | undefined): number {
    const { servers } = switches();
    const named = /^s(\d+)-/.exec(balancerCookie ?? '')?.[1];
    if (named !== undefined && Number(named) < servers.length) return Number(named);
    return servers.length > 1 ? Math.floor(random() * servers.length) : 0;
  }

  function cachedDate(at: Instant): Instant {
    if (cachedAt === undefined || at - cachedAt >= CACHE_LIFE) cachedAt = at;
    return cachedAt;
  }

  return {
    now,

    /**
     * To be called when the head has come. The arrival is reckoned from then, so that it is exact however late this
     * machine's timers are.
     */
    arrive(connection: object, balancerCookie: string | undefined): Arrival {
      const { path, servers, skewMs } = switches();
      const fixed = fixedPartOf(connection);
      const tick = clock.monotonic() + fixed.inboundMs + jitter(path);
      const server = serverFor(balancerCookie);
      return { server, tick, at: tick + skewMs + (servers[server] ?? 0), outboundMs: fixed.outboundMs + jitter(path) };
    },

    /** Resolves when it has arrived, after all that arrived before it. */
    arrived: ({ tick }: Arrival): Promise<void> => queue.arrival(tick),

    /** How long the simulator's programs work on something. */
    work(): number {
      const { min, max } = switches().answerMs;
      return max > 0 ? between(random, min, max) : 0;
    },

    /** Resolves once the answer has reached the client, never before: what proves the simulator's clock must not lie. */
    async delivered({ tick, outboundMs }: Arrival, workMs: number): Promise<void> {
      const due = tick + workMs + outboundMs;
      for (let left = due - clock.monotonic(); left > 0; left = due - clock.monotonic()) {
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
      }
    },

    /** The headers that tell the time: whole seconds, of the server that answers. */
    dateHeaders({ at }: Arrival, workMs: number): Readonly<Record<string, string>> {
      const { date } = switches();
      const answeredAt = at + workMs;
      const text = (instant: Instant) => new Date(Math.floor(instant / SECOND) * SECOND).toUTCString();
      if (date === 'missing') return {};
      if (date === 'exact') return { date: text(answeredAt) };
      const stood = cachedDate(answeredAt);
      const age = { age: String(Math.max(0, Math.floor((answeredAt - stood) / SECOND))) };
      return { date: text(stood), ...(date === 'cached' && age) };
    },
  };
}

export type Network = ReturnType<typeof network>;

type Coming = { readonly tick: Instant; readonly arrive: () => void };

/**
 * Requests on their way in. They are let through in the order of their arrival, whatever the order in which they were
 * sent: who overtakes on a quicker path takes the last seat.
 */
function arrivalQueue(clock: Clock) {
  const coming: Coming[] = [];
  let cancelWake = () => {};

  /** One each turn of the event loop: in between, those that come are timed, however many there are to deal with. */
  function letThrough(): void {
    const [next] = coming;
    if (next && next.tick <= clock.monotonic()) {
      coming.shift();
      next.arrive();
    }
    wakeForNext();
  }

  function wakeForNext(): void {
    cancelWake();
    const [next] = coming;
    if (!next) return;
    const left = next.tick - clock.monotonic();
    if (left <= 0) {
      const immediate = setImmediate(letThrough);
      cancelWake = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(letThrough, Math.ceil(left));
      cancelWake = () => clearTimeout(timer);
    }
  }

  return {
    /** Resolves once the clock has reached the tick and all that arrived before were let through. */
    arrival(tick: Instant): Promise<void> {
      return new Promise((resolve) => {
        const behind = coming.findLastIndex((one) => one.tick <= tick);
        coming.splice(behind + 1, 0, { tick, arrive: resolve });
        if (behind === -1) wakeForNext();
      });
    },
  };
}
