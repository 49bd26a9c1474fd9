import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { ServiceEvent } from './event-schemas.ts';
import { SOURCE } from './source.ts';

/*
 * The service publishes events on its EventBridge bus. Each event is delivered at least once, and `eventId` is the same for
 * every delivery of one event. The content of an event (EventBridge calls it `detail`) names the member by e-mail, because a
 * consumer that notifies members needs the address. It holds no token, cookie or fingerprint.
 */

/** Publishes an event. @throws Error when the bus did not accept it. */
export type Publish = (event: ServiceEvent) => Promise<void>;

/** Creates a function that publishes events on a bus. @param bus the name of the bus. */
export const publisher =
  (client: EventBridgeClient, bus: string): Publish =>
  async ({ type, detail }) => {
    const entry = { EventBusName: bus, Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) throw new Error(`The bus refused an event: ${Entries?.[0]?.ErrorCode ?? 'no reason given'}.`);
  };
