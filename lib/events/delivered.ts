import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { SOURCE } from '../prebookings/prebooking-events.ts';
import { DETAILS, ServiceEvent } from './event-schemas.ts';

const Envelope = z.object({
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime(),
  detail: z.unknown(),
});

/** An event, and when the bus took it. */
export type Delivered = { readonly event: ServiceEvent; readonly at: Instant };

/**
 * An event as EventBridge hands it to a rule's target.
 *
 * @returns undefined for one that this service does not know.
 * @throws ZodError when it is not what its type says.
 */
export function eventIn(envelope: unknown): Delivered | undefined {
  const { source, 'detail-type': type, time, detail } = Envelope.parse(envelope);
  if (source !== SOURCE || !Object.hasOwn(DETAILS, type)) return undefined;
  return { event: ServiceEvent.parse({ type, detail }), at: Date.parse(time) };
}
