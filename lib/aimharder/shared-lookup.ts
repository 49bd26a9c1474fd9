import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** How long an answer of the name service is used, in milliseconds. Answers for AWS's load balancers are valid for 60 s. */
const KEPT_FOR = 30 * SECOND;

/**
 * How long a new connection relies on a query that another connection has sent, in milliseconds. After that, the next connection
 * sends another query: the first may be lost, because name services answer within some 50 ms.
 */
const QUERY_TRUSTED_FOR = SECOND;

type Callback = Parameters<LookupFunction>[2];
type Answer = Parameters<Callback>;

/** What is known of a name. */
type Name = {
  /** The last successful answer. */
  answer?: { readonly at: Instant; readonly found: Answer } | undefined;
  /** The last query, until it is answered. */
  query?: { readonly at: Instant } | undefined;
  /** The connections that wait for the next answer to any of the queries. */
  waiting: Callback[];
};

/**
 * Creates a lookup that resolves each name once for all connections of this process, so that they try its addresses in one
 * order and reach the same server: a name service gives a balancer's addresses in another order each time. A failure is passed to
 * all waiting connections, and not kept. A connection that comes more than a second after an unanswered query sends another query.
 *
 * @param ask the name service; Node's by default.
 */
export function sharedLookup(clock: Pick<Clock, 'now'>, ask: LookupFunction = resolve): LookupFunction {
  const names = new Map<string, Name>();
  // The wall clock, unlike the monotonic clock, goes on while Lambda freezes the function. It may also step back.
  const isWithin = (since: Instant, limit: number): boolean => Math.abs(clock.now() - since) <= limit;

  function send(name: Name, hostname: string, options: Parameters<LookupFunction>[1]): void {
    const query = { at: clock.now() };
    name.query = query;
    const receive = (...found: Answer) => {
      const [failure] = found;
      const hasFailed = failure !== null;
      // A later query has been sent, and may still succeed.
      if (hasFailed && name.query !== query) return;
      if (name.query === query) name.query = undefined;
      if (!hasFailed) name.answer = { at: clock.now(), found };
      for (const callback of name.waiting.splice(0)) callback(...found);
    };
    try {
      ask(hostname, options, receive);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('The name service cannot be asked.');
      // Like an answer, the failure must not arrive before this call has returned.
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
    if (!query || !isWithin(query.at, QUERY_TRUSTED_FOR)) send(name, hostname, options);
  };
}
