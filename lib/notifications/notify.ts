import type { ReceivedEvent } from '../events/decode-event.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { IsDeleted } from '../sessions/tombstones.ts';
import type { Note } from './channel.ts';
import { type DeliverDeps, type Delivery, deliver, listContents } from './deliver.ts';
import { type MessageContext, type OpeningClass, writeMessage } from './message.ts';
import { DEFAULTS, kindOf } from './notification-settings.ts';
import { writePayload } from './webhook-payload.ts';

export type NotifyDeps = DeliverDeps & {
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly zoneOf: MessageContext['zoneOf'];
  /** Finds the name of a box. @returns undefined if no login has told it yet. */
  readonly findBoxName: (box: string) => Promise<string | undefined>;
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
  const { event, acceptedAt } = received;
  const { email, eventId } = event.detail;
  // A browser may be subscribed without any setting.
  const settings = (await deps.settings.find(email)) ?? DEFAULTS;
  if (isAnswered(event) || !settings.events.includes(kindOf(event.type))) return [];
  const next = await findNextOpening(deps, event);
  const context = { zoneOf: deps.zoneOf, language: settings.language, nameOf: await findNames(deps, event, next) };
  const message = writeMessage(event, context, next);
  const note = {
    ...message,
    kind: kindOf(event.type),
    about: aboutOf(event),
    happenedAt: acceptedAt,
    link: linkTo(deps, event),
  };
  const contents = await listContents(deps, email, settings, note, () => writePayload(event, acceptedAt, message));
  if (await deps.isDeleted(email)) return [];
  const deliveries = await settleAll(
    contents.map(async (content) => {
      const claimed = await deps.outbox.add(email, eventId, content, deps.clock.now());
      return claimed && deliver(deps, claimed, signal);
    }),
  );
  return deliveries.filter((delivery) => delivery !== undefined);
}

/**
 * Checks whether the member knows of an event already, because the answer to their own request a moment ago has told it. This is the
 * one rule about what is not told: a class that was booked at once, or on whose waitlist the member was put at once. What a
 * request has started is told: an order's outcome, what a routine books, and what stands in its way.
 */
const isAnswered = ({ detail }: ServiceEvent): boolean => 'isAnswered' in detail && detail.isAnswered;

/**
 * Names what an event is about, so that its message replaces an earlier one about the same. A late or lost wake-up is told at the
 * same moment as the outcome, and must not replace it.
 */
function aboutOf({ type, detail }: ServiceEvent): Note['about'] {
  if (type === 'WakeUp Late' || type === 'WakeUp Lost') return null;
  if ('prebookingId' in detail)
    return detail.prebookingId === null ? `booking ${detail.eventId}` : `prebooking ${detail.prebookingId}`;
  return 'routineId' in detail ? `routine ${detail.routineId} ${detail.day}` : 'session';
}

/** Finds the screen of the members' page where the member can do something about an event. */
function linkTo({ pageOrigin }: NotifyDeps, { type }: ServiceEvent): Note['link'] {
  if (pageOrigin === undefined) return null;
  // Without a session the page shows the sign-in.
  return type === 'Session LoginRequired' || type === 'Member NotInvited' ? `${pageOrigin}/` : `${pageOrigin}/#mine`;
}

/** Returns a function that names boxes: the event's own box by its name, if that is known, any other by its subdomain. */
async function findNames(
  { findBoxName }: NotifyDeps,
  { detail }: ServiceEvent,
  next: OpeningClass | undefined,
): Promise<(box: string) => string> {
  const box = next?.box ?? ('box' in detail ? detail.box : undefined);
  const name = box === undefined ? undefined : await findBoxName(box);
  return (named) => (named === box ? name : undefined) ?? named;
}

/** Finds the member's next pre-booking after their session has ended. One that cannot be decoded must not stop the message. */
async function findNextOpening(
  { prebookings, clock, logger }: NotifyDeps,
  { type, detail }: ServiceEvent,
): Promise<OpeningClass | undefined> {
  if (type !== 'Session LoginRequired') return undefined;
  const now = clock.now();
  const onUnreadable = (error: unknown) => logger.error('unexpected-error', error, { during: 'find-next-opening' });
  const pending = (await prebookings.list(detail.email, onUnreadable)).filter(
    ({ status, opensAt }) => status === 'pending' && opensAt > now,
  );
  return pending.toSorted((one, other) => one.opensAt - other.opensAt)[0];
}
