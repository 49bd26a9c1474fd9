import { type Clock, MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { functionsByName } from '../catalog/functions.ts';
import type { AcceptedEvent } from './eventbridge.ts';
import type { InvocationResult } from './lambda-runner.ts';
import { isDue, type Message, openMessageStore } from './message-store.ts';

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

/** How often an event is delivered to the functions at most: on AWS, Lambda repeats an asynchronous invocation twice. */
const MAX_RECEIVES = 3;
/** How many stored events are read each minute. Events that are due earlier are read first. */
const MAX_READ = 1_000;

export type EventRuleOptions = {
  /** The file that keeps events until their functions have ended; without it they are in memory. */
  readonly path?: string;
  readonly invoke: (name: string, event: unknown) => Promise<InvocationResult>;
  readonly clock: Clock;
};

/**
 * Creates the rule of the bus, which starts functions for every event. An event is stored until its functions have ended, so that
 * no event is lost if the process is killed. Functions may get an event twice, and recognise it by its `eventId`.
 */
export function createEventRule({ path = ':memory:', invoke, clock }: EventRuleOptions) {
  const store = openMessageStore(path);
  /** The deliveries that have not ended, by the ids of their events. */
  const running = new Map<string, Promise<void>>();
  let isStopped = false;

  /** Starts the functions, and waits for their end. If one of them fails, the event is due again, 1 and then 2 minutes later. */
  async function runTargets(message: Message): Promise<void> {
    const envelope: unknown = JSON.parse(message.body);
    const results = await Promise.allSettled(TARGETS.map((name) => invoke(name, envelope)));
    // The store is closed then. It still has the event.
    if (isStopped) return;
    const receives = message.receives + 1;
    const isDone = results.every((result) => result.status === 'fulfilled' && result.value.functionError === undefined);
    if (isDone || receives >= MAX_RECEIVES) store.remove(message.id);
    else store.put({ ...message, receives, dueAt: clock.now() + receives * MINUTE });
  }

  /** Starts the delivery of an event, unless it is running already. */
  function start(message: Message): void {
    if (!running.has(message.id))
      running.set(
        message.id,
        runTargets(message).finally(() => running.delete(message.id)),
      );
  }

  /** Starts the functions for the stored events that are due. */
  function startDue(): void {
    for (const message of store.next(MAX_READ)) if (isDue(message, clock.now())) start(message);
  }
  const timer = setInterval(startDue, MINUTE).unref();

  return {
    /** Starts the functions without waiting for their end. @returns the event in the form that the functions get. */
    deliver({ id, source, detailType, detail }: AcceptedEvent): EventEnvelope {
      const time = toIso(clock.now());
      const envelope = { version: '0', id, source, 'detail-type': detailType, time, detail } as const;
      const message = { id, body: JSON.stringify(envelope), dueAt: clock.now(), receives: 0 };
      store.put(message);
      start(message);
      return envelope;
    },
    startDue,
    /** Waits until the running functions have ended. */
    async waitUntilIdle(): Promise<void> {
      await Promise.all(running.values());
    },
    /** Stops the rule. Call it before Lambda is stopped: events whose functions have not ended are delivered at the next start. */
    stop(): void {
      isStopped = true;
      clearInterval(timer);
      store.close();
    },
  };
}
