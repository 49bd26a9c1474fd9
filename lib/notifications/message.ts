import type { ServiceEvent } from '../events/event-schemas.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { cutText, toOneLine } from '../platform/text.ts';
import type { Channel } from './channel.ts';
import { findMessageKind, kindOf, type Language } from './notification-settings.ts';
import { ca } from './texts/ca.ts';
import { en } from './texts/en.ts';
import { es } from './texts/es.ts';
import type { ClassPhrases, Phrases } from './texts/words.ts';

/** A text for a member. */
export type Message = { readonly subject: string; readonly text: string };

/** A class whose bookings are not open yet. */
export type OpeningClass = {
  readonly className: string;
  readonly box: string;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
  readonly classStartsAt: Instant;
  readonly opensAt: Instant;
};

export type MessageContext = {
  readonly language: Language;
  /** Finds the IANA zone of a box. */
  readonly zoneOf: (box: string) => string;
  /** Names a box as its members know it. If absent, boxes are called by their subdomains. */
  readonly nameOf?: (box: string) => string;
  /** Whether the member is notified when a place on a waitlist becomes a seat. */
  readonly isToldOfSeat: boolean;
};

type RoutineEvent = Extract<ServiceEvent, { type: 'Routine Blocked' | 'Routine Cleared' }>;
type PromotedEvent = Extract<ServiceEvent, { type: 'Booking Promoted' }>;
/** An event about a class that opens or has opened. */
type OpeningEvent = Exclude<
  ServiceEvent,
  RoutineEvent | PromotedEvent | { type: 'Session LoginRequired' | 'Member NotInvited' }
>;

const PHRASES: Readonly<Record<Language, Phrases>> = { es, ca, en };

/** How much of AimHarder's own text is quoted, in characters. */
const LONGEST_QUOTE = 300;

/**
 * Writes the message about an event in the member's language. Days and times are those of the box's clock.
 *
 * @param next the member's pre-booked class that opens next, if any. Only the message about an ended session names it.
 */
export function writeMessage(event: ServiceEvent, context: MessageContext, next?: OpeningClass): Message {
  const phrases = PHRASES[context.language];
  if (event.type === 'Session LoginRequired') return writeLoginNeeded(phrases, context, next);
  if (event.type === 'Member NotInvited') return phrases.notInvited;
  if (event.type === 'Routine Blocked' || event.type === 'Routine Cleared')
    return writeRoutine(event, phrases, context);
  if (event.type === 'Booking Promoted') return writePromoted(event, phrases, context);
  const opening = decodeOpening(event.detail);
  if (event.type === 'PreBooking AtRisk') return writeLoginNeeded(phrases, context, opening);
  const { theClass, classInSubject } = writeClass(phrases, context, opening);
  return {
    subject: phrases.subjects[findMessageKind(event)](classInSubject),
    text: writeText(event, phrases, context, theClass),
  };
}

function writeText(
  event: Exclude<OpeningEvent, { type: 'PreBooking AtRisk' }>,
  phrases: Phrases,
  { isToldOfSeat }: MessageContext,
  theClass: string,
): string {
  switch (event.type) {
    case 'WakeUp Late':
      return phrases.wakeUpLate(theClass, Math.round(event.detail.lateMs / SECOND));
    case 'PreBooking Booked':
      return phrases.outcomes[event.detail.outcome](theClass);
    case 'PreBooking Waitlisted': {
      const text = phrases.outcomes[event.detail.outcome](theClass);
      return isToldOfSeat ? `${text} ${phrases.seatWillBeTold}` : text;
    }
    case 'PreBooking Failed': {
      const { message } = event.detail;
      const quote = message ? `\n${phrases.quote(cutText(toOneLine(message), LONGEST_QUOTE))}` : '';
      return phrases.outcomes[event.detail.outcome](theClass) + quote;
    }
    case 'WakeUp Lost':
      return phrases.wakeUpLost(theClass);
  }
}

/** Writes the message about a place on a waitlist that has become a seat. */
function writePromoted({ type, detail }: PromotedEvent, phrases: Phrases, context: MessageContext): Message {
  const { className, box, familyId } = detail;
  const classStartsAt = Date.parse(detail.classStartsAt);
  const { theClass, classInSubject } = writeClass(phrases, context, { className, box, familyId, classStartsAt });
  return { subject: phrases.subjects[kindOf(type)](classInSubject), text: phrases.promoted(theClass) };
}

/** Writes the message about a routine: what stands in the way of one of its dates, or that nothing does any more. */
function writeRoutine(event: RoutineEvent, phrases: Phrases, context: MessageContext): Message {
  const { className, box, code } = event.detail;
  const classStartsAt = Date.parse(event.detail.classStartsAt);
  // The event does not name the person that the routine books for.
  const { theClass, classInSubject } = writeClass(phrases, context, { className, box, familyId: null, classStartsAt });
  const subject = phrases.subjects[kindOf(event.type)](classInSubject);
  if (event.type === 'Routine Cleared') return { subject, text: phrases.routineCleared(theClass) };
  const names = event.detail.suggestions.map(toOneLine);
  const suggested = names.length > 0 ? `\n${phrases.routineSuggestions(names.join(', '))}` : '';
  return { subject, text: phrases.routineBlocked[code](theClass) + suggested };
}

/** Writes the message about the end of a channel. @param name the receiver's name, as the member knows it. */
export function writeChannelDisabled(language: Language, channel: Channel, name: string): Message {
  const { channelNames, channelDisabled } = PHRASES[language];
  return { subject: channelDisabled.subject(channelNames[channel]), text: channelDisabled.text(name) };
}

/** Writes the message by which a member tests their channels. */
export const writeTestMessage = (language: Language): Message => PHRASES[language].test;

function writeLoginNeeded(phrases: Phrases, context: MessageContext, next: OpeningClass | undefined): Message {
  if (!next) return { subject: phrases.loginNeededSubject, text: phrases.loginNeeded(undefined) };
  const { theClass, classInSubject } = writeClass(phrases, context, next);
  const opens = phrases.moment(...writeDayAndTime(phrases, context.zoneOf(next.box), next.opensAt));
  return { subject: phrases.subjects['login-needed'](classInSubject), text: phrases.loginNeeded({ theClass, opens }) };
}

function writeClass(
  phrases: Phrases,
  { zoneOf, nameOf = (subdomain) => subdomain }: MessageContext,
  { className, box, familyId, classStartsAt }: Omit<OpeningClass, 'opensAt'>,
) {
  const name = toOneLine(className) || phrases.unnamedClass;
  const [day, time] = writeDayAndTime(phrases, zoneOf(box), classStartsAt);
  const words: ClassPhrases = {
    name: familyId === null ? name : phrases.forRelative(name),
    box: toOneLine(nameOf(box)),
    day,
    time,
  };
  return { theClass: phrases.theClass(words), classInSubject: phrases.classInSubject(words) };
}

function writeDayAndTime(
  { locale }: Phrases,
  timeZone: string,
  instant: Instant,
): readonly [day: string, time: string] {
  const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long' });
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return [day.format(instant), time.format(instant)];
}

const decodeOpening = ({ className, box, familyId, classStartsAt, opensAt }: OpeningEvent['detail']): OpeningClass => ({
  className,
  box,
  familyId,
  classStartsAt: Date.parse(classStartsAt),
  opensAt: Date.parse(opensAt),
});
