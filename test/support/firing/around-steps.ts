import type { AimHarder } from '../../../lib/aimharder/client.ts';
import type { Connection } from '../../../lib/aimharder/connection.ts';

/** Takes each step of a firing: a request to the database, or to AimHarder. */
export type AroundSteps = <T>(step: () => Promise<T>) => Promise<T>;

/** Wraps AimHarder's client, so that each of its requests is a step. */
export const surrounded = (client: AimHarder, aroundSteps: AroundSteps): AimHarder =>
  new Proxy(client, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]) => aroundSteps(async () => Reflect.apply(method, target, given));
    },
  });

/** Wraps a firing's own connection: its probes, its warming and the shot are steps. */
export const surroundedConnection = (connection: Connection, aroundSteps: AroundSteps): Connection => ({
  ...connection,
  probe: (cookies, signal) => aroundSteps(() => connection.probe(cookies, signal)),
  warm: (cookies, signal) => aroundSteps(() => connection.warm(cookies, signal)),
  build(request) {
    const built = connection.build(request);
    return { ...built, send: (signal) => aroundSteps(() => built.send(signal)) };
  },
});
