import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** How long an answer of the name service is used, in milliseconds: that of AWS's load balancers is good for 60 s. */
const KEPT_FOR = 30 * SECOND;

type Resolved = Parameters<Parameters<LookupFunction>[2]>;
type Known = { readonly at: Instant; readonly resolved: Promise<Resolved> };

/**
 * Creates a lookup that resolves each name once for all connections of this process, so that they try its addresses in one
 * order and reach the same server: a name service gives a balancer's addresses in another order each time. A failure is not kept.
 *
 * @param ask the name service; Node's by default.
 */
export function sharedLookup(clock: Pick<Clock, 'now'>, ask: LookupFunction = resolve): LookupFunction {
  const known = new Map<string, Known>();
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.family, options.all, options.hints]);
    const kept = known.get(key);
    // By the wall clock, which does not stand still while Lambda freezes the function.
    const isFresh = kept && Math.abs(clock.now() - kept.at) <= KEPT_FOR;
    const resolved = isFresh
      ? kept.resolved
      : new Promise<Resolved>((answer) => ask(hostname, options, (...found) => answer(found)));
    if (!isFresh) known.set(key, { at: clock.now(), resolved });
    resolved.then((found) => {
      if (found[0] && known.get(key)?.resolved === resolved) known.delete(key);
      callback(...found);
    });
  };
}
