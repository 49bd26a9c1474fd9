import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { DETAILS, ServiceEvent } from './event-schemas.ts';
import { SOURCE } from './source.ts';

/** An event as EventBridge delivers it. */
const DeliveredEvent = z.object({
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime(),
  detail: z.unknown(),
});

/** An event of this service that came from the bus. @property acceptedAt when the bus accepted the event. */
export type ReceivedEvent = { readonly event: ServiceEvent; readonly acceptedAt: Instant };

/**
 * Decodes an event as EventBridge delivers it to the target of a rule.
 *
 * @returns undefined for an event of another service, or of a type that this version does not know.
 * @throws ZodError when EventBridge's own fields are missing or wrong, or when the detail does not match its type.
 */
export function decodeEvent(delivered: unknown): ReceivedEvent | undefined {
  const { source, 'detail-type': type, time, detail } = DeliveredEvent.parse(delivered);
  if (source !== SOURCE || !Object.hasOwn(DETAILS, type)) return undefined;
  return { event: ServiceEvent.parse({ type, detail }), acceptedAt: Date.parse(time) };
}
