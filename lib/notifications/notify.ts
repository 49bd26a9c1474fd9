import type { ReceivedEvent } from '../events/decode-event.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { IsDeleted } from '../sessions/tombstones.ts';
import { type DeliverDeps, type Delivery, deliver } from './deliver.ts';
import { type Message, type MessageContext, type OpeningClass, writeMessage } from './message.ts';
import { kindOf, type Settings } from './notification-settings.ts';
import type { Content } from './outbox.ts';
import { writePayload } from './webhook-payload.ts';

export type NotifyDeps = DeliverDeps & {
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly zoneOf: MessageContext['zoneOf'];
  /** Whether the member's account is being deleted: then nothing is stored or sent any more. */
  readonly isDeleted: IsDeleted;
};

/**
 * Notifies the member of an event, on each channel that the member has chosen. Each message is stored before it is sent, so
 * that no failure loses it. If an event is received again, its messages are stored already, and nothing is sent.
 *
 * @returns the result for each new message; none if the member does not want this kind of event, or is deleting the account.
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
  const message = writeMessage(event, context, await findNextOpening(deps, event));
  if (await deps.isDeleted(email)) return [];
  const deliveries = await Promise.all(
    listContents(deps, settings, received, message).map(async (content) => {
      const claimed = await deps.outbox.add(email, eventId, content, deps.clock.now());
      return claimed && deliver(deps, claimed, signal);
    }),
  );
  return deliveries.filter((delivery) => delivery !== undefined);
}

/** Lists the contents to send: one for each channel that is switched on. */
function listContents(
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

/** Finds the member's next pre-booking after their session has ended. */
async function findNextOpening(
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
