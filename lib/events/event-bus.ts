import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SOURCE } from '../prebookings/prebooking-events.ts';
import type { ServiceEvent } from './event-schemas.ts';

export type Publish = (event: ServiceEvent) => Promise<void>;

/** Puts events onto the bus. @throws Error when the bus did not take it. */
export const publisher =
  (client: EventBridgeClient, bus: string): Publish =>
  async ({ type, detail }) => {
    const entry = { EventBusName: bus, Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) throw new Error(`The bus refused an event: ${Entries?.[0]?.ErrorCode ?? 'no reason given'}.`);
  };
