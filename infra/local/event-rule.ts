import type { Clock } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { functionsByName } from '../catalog/functions.ts';
import type { AcceptedEvent } from './eventbridge.ts';

/** An event as the target of a rule gets it. */
export type EventEnvelope = {
  readonly version: '0';
  readonly id: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: unknown;
};

const TARGETS = [...functionsByName].flatMap(([name, { onEvents }]) => (onEvents ? [name] : []));

/**
 * The rule of the bus: it starts functions for every event.
 *
 * @param invoke starts a function, and never rejects.
 */
export function eventRule(invoke: (name: string, event: unknown) => Promise<unknown>, clock: Clock) {
  const running = new Set<Promise<unknown>>();
  return {
    /** Starts the functions, and does not wait for them. @returns the event as they get it. */
    deliver({ id, source, detailType, detail }: AcceptedEvent): EventEnvelope {
      const time = toIso(clock.now());
      const envelope = { version: '0', id, source, 'detail-type': detailType, time, detail } as const;
      for (const name of TARGETS) {
        const invoked = invoke(name, envelope).finally(() => running.delete(invoked));
        running.add(invoked);
      }
      return envelope;
    },
    /** Waits until the functions have ended. */
    async idle(): Promise<void> {
      await Promise.all(running);
    },
  };
}
