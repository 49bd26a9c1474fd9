import type { ReceivedEvent } from '../events/decode-event.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { IsDeleted } from '../sessions/tombstones.ts';
import type { Note } from './channel.ts';
import { type DeliverDeps, type Delivery, deliver, listContents } from './deliver.ts';
import { type MessageContext, type OpeningClass, writeMessage } from './message.ts';
import { DEFAULTS, findMessageKind, kindOf } from './notification-settings.ts';
import { writePayload } from './webhook-payload.ts';

export type NotifyDeps = DeliverDeps & {
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly zoneOf: MessageContext['zoneOf'];
  /** Finds the name of a box. @returns undefined until a login has shown it. */
  readonly findBoxName: (box: string) => Promise<string | undefined>;
  /** Checks whether the member's account is being deleted: then nothing is stored or sent any more. */
  readonly isDeleted: IsDeleted;
};

/**
 * Notifies the member of an event, on each channel that the member has chosen. Each message is stored before it is sent, so
 * that no failure loses it. If an event is received again, its messages are stored already, and nothing is sent.
 *
 * @returns the result for each new message; none if the member already knows of the event (`isAnswered`), does not want this kind
 *   of event, or is deleting the account.
 */
export async function notify(
  deps: NotifyDeps,
  received: ReceivedEvent,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const { event, acceptedAt } = received;
  const { email, eventId } = event.detail;
  // A member who has set nothing may still have subscribed a browser.
  const settings = (await deps.settings.find(email)) ?? DEFAULTS;
  if (isAnswered(event) || !settings.events.includes(kindOf(event.type))) return [];
  const nextOpening = await findNextOpening(deps, event);
  const context = {
    zoneOf: deps.zoneOf,
    language: settings.language,
    nameOf: await createBoxNamer(deps, event, nextOpening),
    isToldOfSeat: settings.events.includes('promoted'),
  };
  const message = writeMessage(event, context, nextOpening);
  const note = {
    ...message,
    kind: findMessageKind(event),
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
 * Checks whether the member already knows of an event. Either the answer to their own request has told them that a class was
 * booked, or its waitlist joined, at once; or they have cancelled the place meanwhile. Members are notified of every other event,
 * also of what a request has only started: an order's outcome, what a routine books, and what stands in the routine's way.
 */
const isAnswered = ({ detail }: ServiceEvent): boolean => 'isAnswered' in detail && detail.isAnswered;

/**
 * Names what an event is about, so that its message replaces an earlier one about the same thing. The message about a late or lost
 * wake-up comes at the same moment as the message about the outcome, and must not replace it.
 */
function aboutOf({ type, detail }: ServiceEvent): Note['about'] {
  if (type === 'WakeUp Late' || type === 'WakeUp Lost') return null;
  // Without an id, the class was booked at once: there is no pre-booking.
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

/** Creates a function that names boxes: the event's own box by its name if it is known, any other box by its subdomain. */
async function createBoxNamer(
  { findBoxName }: NotifyDeps,
  { detail }: ServiceEvent,
  nextOpening: OpeningClass | undefined,
): Promise<(box: string) => string> {
  const box = nextOpening?.box ?? ('box' in detail ? detail.box : undefined);
  const name = box === undefined ? undefined : await findBoxName(box);
  return (subdomain) => (subdomain === box && name !== undefined ? name : subdomain);
}

/**
 * Finds the next pre-booking of a member whose session has ended. A pre-booking that cannot be decoded is logged, and does not stop
 * the message.
 */
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
