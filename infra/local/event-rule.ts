import type { Clock } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { functionsByName } from '../catalog/functions.ts';
import type { AcceptedEvent } from './eventbridge.ts';

/** An event in the form that the target of a rule gets. */
export type EventEnvelope = {
  readonly version: '0';
  readonly id: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: unknown;
};

/** The functions that the bus starts for every event. */
const TARGETS = [...functionsByName].flatMap(([name, { onEvents }]) => (onEvents ? [name] : []));

/**
 * Creates the rule of the bus: it starts functions for every event.
 *
 * @param invoke starts a function, and never rejects.
 */
export function eventRule(invoke: (name: string, event: unknown) => Promise<unknown>, clock: Clock) {
  /** The invocations that have not ended. */
  const running = new Set<Promise<unknown>>();
  return {
    /** Starts the functions without waiting for their end. @returns the event in the form that the functions get. */
    deliver({ id, source, detailType, detail }: AcceptedEvent): EventEnvelope {
      const time = toIso(clock.now());
      const envelope = { version: '0', id, source, 'detail-type': detailType, time, detail } as const;
      for (const name of TARGETS) {
        const invocation = invoke(name, envelope).finally(() => running.delete(invocation));
        running.add(invocation);
      }
      return envelope;
    },
    /** Waits until the running functions have ended. */
    async waitUntilIdle(): Promise<void> {
      await Promise.all(running);
    },
  };
}
