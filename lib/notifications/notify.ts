import type { ReceivedEvent } from '../events/decode-event.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { type DeliverDeps, type Delivery, deliver } from './deliver.ts';
import { type Message, type MessageContext, type OpeningClass, writeMessage } from './message.ts';
import { kindOf, type Settings } from './notification-settings.ts';
import type { Content } from './outbox.ts';
import { writePayload } from './webhook-payload.ts';

export type NotifyDeps = DeliverDeps & {
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly zoneOf: MessageContext['zoneOf'];
};

/**
 * Notifies the member that an event concerns, on each channel that the member has chosen. Each message is stored before it
 * is tried, so that no failure loses it. An event that is received again sends nothing, because its messages are stored.
 *
 * @returns the result for each message that was new; none if the member does not want this kind of event.
 */
export async function notify(
  deps: NotifyDeps,
  received: ReceivedEvent,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const { event } = received;
  const { email, eventId } = event.detail;
  const settings = await deps.settings.find(email);
  if (!settings?.events.includes(kindOf(event.type))) return [];
  const context = { zoneOf: deps.zoneOf, language: settings.language };
  const message = writeMessage(event, context, await nextOpening(deps, event));
  const deliveries = await Promise.all(
    contentsFor(deps, settings, received, message).map(async (content) => {
      const claimed = await deps.outbox.add(email, eventId, content, deps.clock.now());
      return claimed && deliver(deps, claimed, signal);
    }),
  );
  return deliveries.filter((delivery) => delivery !== undefined);
}

/** Lists what to send: one content for each channel that is switched on. */
function contentsFor(
  { sendMail }: NotifyDeps,
  { webhook, email }: Settings,
  { event, acceptedAt: at }: ReceivedEvent,
  message: Message,
): readonly Content[] {
  const contents: Content[] = [];
  if (webhook?.disabledAt === null) contents.push({ channel: 'webhook', body: writePayload(event, at, message) });
  if (email && sendMail) contents.push({ channel: 'email', ...message });
  return contents;
}

/** Finds the pre-booking that needs an ended session next. */
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
