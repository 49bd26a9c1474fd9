import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { DETAILS, ServiceEvent, SOURCE } from './event-schemas.ts';

export type Publish = (event: ServiceEvent) => Promise<void>;

/** Puts events onto the bus. @throws Error when the bus did not take it. */
export const publisher =
  (client: EventBridgeClient, bus: string): Publish =>
  async ({ type, detail }) => {
    const entry = { EventBusName: bus, Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) throw new Error(`The bus refused an event: ${Entries?.[0]?.ErrorCode ?? 'no reason given'}.`);
  };

const Envelope = z.object({
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime(),
  detail: z.unknown(),
});

/** An event, and when the bus took it. */
export type ReceivedEvent = { readonly event: ServiceEvent; readonly at: Instant };

/**
 * An event as EventBridge hands it to a rule's target.
 *
 * @returns undefined for one that this service does not know.
 * @throws ZodError when it is not what its type says.
 */
export function decodeEvent(envelope: unknown): ReceivedEvent | undefined {
  const { source, 'detail-type': type, time, detail } = Envelope.parse(envelope);
  if (source !== SOURCE || !Object.hasOwn(DETAILS, type)) return undefined;
  return { event: ServiceEvent.parse({ type, detail }), at: Date.parse(time) };
}
