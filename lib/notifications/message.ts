import type { EventType, ServiceEvent } from '../events/event-schemas.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { oneLine } from '../platform/text.ts';
import { kindOf, type Language } from './notification-settings.ts';
import { ca } from './texts/ca.ts';
import { en } from './texts/en.ts';
import { es } from './texts/es.ts';
import type { ClassPhrases, Phrases } from './texts/words.ts';

/** What a member reads. */
export type Message = { readonly subject: string; readonly text: string };

/** A class whose bookings are still to open. */
export type OpeningClass = {
  readonly className: string;
  readonly box: string;
  readonly classStartsAt: Instant;
  readonly opensAt: Instant;
};

export type MessageContext = {
  readonly language: Language;
  /** IANA zone of a box. */
  readonly zoneOf: (box: string) => string;
};

const LANGUAGE: Readonly<Record<Language, Phrases>> = { es, ca, en };

/** AimHarder's own words are quoted up to this long. */
const LONGEST_QUOTE = 300;

/**
 * An event in plain words, in the member's language, with days and hours as the box's clock shows them.
 *
 * @param next for a session that has ended: the opening that it is needed for next, if there is one.
 */
export function writeMessage(event: ServiceEvent, wording: MessageContext, next?: OpeningClass): Message {
  const words = LANGUAGE[wording.language];
  if (event.type === 'Session LoginRequired') return loginNeeded(words, wording, next);
  const opening = openingIn(event.detail);
  if (event.type === 'PreBooking AtRisk') return loginNeeded(words, wording, opening);
  const { theClass, shortly } = classIn(words, wording, opening);
  return { subject: words.subjects[kindOf(event.type)](shortly), text: textOf(event, words, theClass) };
}

function textOf(event: Exclude<AboutClass, { type: 'PreBooking AtRisk' }>, words: Phrases, theClass: string): string {
  switch (event.type) {
    case 'WakeUp Late':
      return words.wakeUpLate(theClass, Math.round(event.detail.lateMs / SECOND));
    case 'PreBooking Booked':
    case 'PreBooking Waitlisted':
      return words.outcomes[event.detail.outcome](theClass);
    case 'PreBooking Failed': {
      const { message } = event.detail;
      const said = message ? `\n${words.quoted(oneLine(message).slice(0, LONGEST_QUOTE))}` : '';
      return words.outcomes[event.detail.outcome](theClass) + said;
    }
    case 'WakeUp Lost':
      return words.wakeUpLost(theClass);
  }
}

/** What a member reads whose webhook was disabled. Of its URL only the host is named: the rest may be secret. */
export function webhookDisabled(language: Language, url: string): Message {
  const { subject, text } = LANGUAGE[language].webhookDisabled;
  return { subject, text: text(new URL(url).host) };
}

function loginNeeded(words: Phrases, wording: MessageContext, next: OpeningClass | undefined): Message {
  if (!next) return { subject: words.loginNeededSubject, text: words.loginNeeded(undefined) };
  const { theClass, shortly } = classIn(words, wording, next);
  const opens = words.instant(...dayAndTime(words, wording.zoneOf(next.box), next.opensAt));
  return { subject: words.subjects['login-needed'](shortly), text: words.loginNeeded({ theClass, opens }) };
}

function classIn(words: Phrases, { zoneOf }: MessageContext, { className, box, classStartsAt }: OpeningClass) {
  const [day, time] = dayAndTime(words, zoneOf(box), classStartsAt);
  const of: ClassPhrases = { name: oneLine(className) || words.nameless, box: oneLine(box), day, time };
  return { theClass: words.theClass(of), shortly: words.shortly(of) };
}

function dayAndTime({ locale }: Phrases, timeZone: string, instant: Instant): readonly [day: string, time: string] {
  const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long' });
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return [day.format(instant), time.format(instant)];
}

type AboutClass = Exclude<ServiceEvent, { type: 'Session LoginRequired' }>;

const openingIn = ({ className, box, classStartsAt, opensAt }: AboutClass['detail']): OpeningClass => ({
  ...{ className, box },
  classStartsAt: Date.parse(classStartsAt),
  opensAt: Date.parse(opensAt),
});

/** The names of events on a webhook: levels with full stops between, as the specification recommends. */
export const WEBHOOK_TYPES: Readonly<Record<EventType, string>> = {
  'PreBooking Booked': 'prebooking.booked',
  'PreBooking Waitlisted': 'prebooking.waitlisted',
  'PreBooking Failed': 'prebooking.failed',
  'PreBooking AtRisk': 'prebooking.at_risk',
  'Session LoginRequired': 'session.login_required',
  'WakeUp Late': 'wake_up.late',
  'WakeUp Lost': 'wake_up.lost',
};

/** The body of a webhook's request: the event as it is published, and what its member reads of it. */
export const payloadOf = ({ type, detail }: ServiceEvent, at: Instant, { subject, text }: Message): string =>
  JSON.stringify({ type: WEBHOOK_TYPES[type], timestamp: toIso(at), data: { ...detail, subject, text } });
