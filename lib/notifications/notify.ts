import type { ReceivedEvent } from '../events/decode-event.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { type DeliverDeps, type Delivery, deliver } from './deliver.ts';
import { type MessageContext, type OpeningClass, payloadOf, writeMessage } from './message.ts';
import { kindOf } from './notification-settings.ts';
import type { Content } from './outbox.ts';

export type NotifyDeps = DeliverDeps & {
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly zoneOf: MessageContext['zoneOf'];
};

/**
 * Tells the member whom an event is about, by each way they have chosen. Every message is written before it is tried, so
 * that no failure loses it, and once: an event that comes again is told already.
 *
 * @returns what came of each message; none when the member does not want to know.
 */
export async function notify(
  deps: NotifyDeps,
  { event, at }: ReceivedEvent,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const { email, eventId } = event.detail;
  const settings = await deps.settings.find(email);
  if (!settings?.events.includes(kindOf(event.type))) return [];
  const message = writeMessage(event, { ...deps, language: settings.language }, await nextOpening(deps, event));
  const contents: readonly Content[] = [
    ...(settings.webhook?.disabledAt === null
      ? [{ channel: 'webhook' as const, body: payloadOf(event, at, message) }]
      : []),
    ...(settings.email && deps.sendMail ? [{ channel: 'email' as const, ...message }] : []),
  ];
  const delivered = await Promise.all(
    contents.map(async (content) => {
      const taken = await deps.outbox.add(email, eventId, content, deps.clock.now());
      return taken && deliver(deps, taken, signal);
    }),
  );
  return delivered.filter((one) => one !== undefined);
}

/** The opening that an ended session is needed for next. */
async function nextOpening(
  { prebookings, clock }: NotifyDeps,
  { type, detail }: ServiceEvent,
): Promise<OpeningClass | undefined> {
  if (type !== 'Session LoginRequired') return undefined;
  const now = clock.now();
  const pending = (await prebookings.list(detail.email)).filter(
    ({ status, opensAt }) => status === 'pending' && opensAt > now,
  );
  return pending.toSorted((one, other) => one.opensAt - other.opensAt)[0];
}
