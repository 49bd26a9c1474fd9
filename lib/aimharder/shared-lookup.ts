import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** How long an answer of the name service is used, in milliseconds: that of AWS's load balancers is good for 60 s. */
const KEPT_FOR = 30 * SECOND;

/**
 * How long further connections wait for a query that another one has sent, in milliseconds. Then they ask themselves: a query
 * may be lost, and name services answer within some 50 ms.
 */
const WAITED_FOR = SECOND;

type Callback = Parameters<LookupFunction>[2];
type Answer = Parameters<Callback>;

/** What is known of a name. */
type Name = {
  /** The last answer that was no failure. */
  answer?: { readonly at: Instant; readonly found: Answer } | undefined;
  /** The last query, until it is answered. */
  query?: { readonly at: Instant } | undefined;
  /** The connections that wait for the next answer, whichever query it is for. */
  waiting: Callback[];
};

/**
 * Creates a lookup that resolves each name once for all connections of this process, so that they try its addresses in one
 * order and reach the same server: a name service gives a balancer's addresses in another order each time. A failure is told to
 * all who wait, and not kept. A query that is not answered holds up no connection that comes later than a second after it.
 *
 * @param ask the name service; Node's by default.
 */
export function sharedLookup(clock: Pick<Clock, 'now'>, ask: LookupFunction = resolve): LookupFunction {
  const names = new Map<string, Name>();
  // By the wall clock, which does not stand still while Lambda freezes the function.
  const isWithin = (since: Instant, limit: number): boolean => Math.abs(clock.now() - since) <= limit;

  function send(name: Name, hostname: string, options: Parameters<LookupFunction>[1]): void {
    const query = { at: clock.now() };
    name.query = query;
    const receive = (...found: Answer) => {
      const hasFailed = found[0] !== null;
      // A later query may still succeed.
      if (hasFailed && name.query !== query) return;
      if (name.query === query) name.query = undefined;
      if (!hasFailed) name.answer = { at: clock.now(), found };
      for (const callback of name.waiting.splice(0)) callback(...found);
    };
    try {
      ask(hostname, options, receive);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('The name service cannot be asked.');
      // As an answer, it comes after this call.
      queueMicrotask(() => receive(failure, []));
    }
  }

  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.family, options.all, options.hints]);
    const name = names.get(key) ?? { waiting: [] };
    names.set(key, name);
    const { answer, query } = name;
    if (answer && isWithin(answer.at, KEPT_FOR)) return queueMicrotask(() => callback(...answer.found));
    name.waiting.push(callback);
    if (!query || !isWithin(query.at, WAITED_FOR)) send(name, hostname, options);
  };
}
