import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { ServiceEvent } from './event-schemas.ts';
import { SOURCE } from './source.ts';

/*
 * What the service publishes on its EventBridge bus. Delivery is at least once: `eventId` is the same for every delivery
 * of one event. A detail names the member by e-mail, because a consumer that notifies members needs the address. A detail
 * holds no token, cookie or fingerprint.
 */

/** Publishes an event. @throws Error when the bus did not accept it. */
export type Publish = (event: ServiceEvent) => Promise<void>;

/** Makes the function that publishes events on a bus. @param bus its name. */
export const publisher =
  (client: EventBridgeClient, bus: string): Publish =>
  async ({ type, detail }) => {
    const entry = { EventBusName: bus, Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount) throw new Error(`The bus refused an event: ${Entries?.[0]?.ErrorCode ?? 'no reason given'}.`);
  };
