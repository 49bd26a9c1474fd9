import ical, {
  ICalAlarmType,
  type ICalEvent,
  type ICalEventData,
  ICalEventStatus,
  ICalEventTransparency,
} from 'ical-generator';
import { isUncertain } from '../events/outcome.ts';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { toOneLine } from '../platform/text.ts';
import type { Entry } from './agenda.ts';
import type { Revisions } from './revisions.ts';
import { describeState, type Zones } from './state-texts.ts';

/** How long a calendar application should wait before it reads the feed again, in seconds. */
const REFRESH_EVERY = 3_600;

/** Sequence numbers count from this instant, so that 31 bits suffice until 2060. */
const SEQUENCE_EPOCH = Date.UTC(2026, 0, 1);

const STATUS = {
  pending: ICalEventStatus.TENTATIVE,
  waitlisted: ICalEventStatus.TENTATIVE,
  booked: ICalEventStatus.CONFIRMED,
  cancelled: ICalEventStatus.CANCELLED,
  failed: ICalEventStatus.CANCELLED,
} as const;

/** The content of an event, without its revision. */
export type EventContent = Pick<
  ICalEventData,
  'start' | 'end' | 'status' | 'transparency' | 'summary' | 'location' | 'description' | 'url'
>;

/**
 * Converts a class to an event. The member counts as busy only if the class is booked, and they attend it themselves.
 *
 * @param pageOrigin the address of the members' page, to which the event links; undefined if it is unknown.
 */
export function toEvent(entry: Entry, zones: Zones, pageOrigin?: string): EventContent {
  const { state, box, familyId, className, startsAt, endsAt } = entry;
  const isOwn = familyId === null;
  const stateText = describeState(entry, zones);
  // RFC 5545 allows no control characters in a text, hence `toOneLine`.
  const title = toOneLine(className) || 'Class';
  const remarks = [...(isOwn ? [] : ['for a relative']), ...(stateText ? [stateText.remark] : [])];
  return {
    start: new Date(startsAt),
    end: new Date(endsAt),
    status: isUncertain(entry.outcome) ? ICalEventStatus.TENTATIVE : STATUS[state],
    transparency: state === 'booked' && isOwn ? ICalEventTransparency.OPAQUE : ICalEventTransparency.TRANSPARENT,
    summary: remarks.length > 0 ? `${title} (${remarks.join(', ')})` : title,
    location: toOneLine(box),
    ...(stateText && { description: stateText.sentence }),
    ...(pageOrigin !== undefined && { url: `${pageOrigin}/#mine` }),
  };
}

/**
 * Formats events as iCalendar (RFC 5545). The same events and revisions give the same text, so its hash can be an ETag.
 *
 * @param revisions the revisions of all events.
 * @param alarmMinutes how many minutes before its start a booked class has an alarm; undefined for no alarm.
 */
export function formatCalendar(
  events: ReadonlyMap<string, EventContent>,
  revisions: Revisions,
  alarmMinutes?: number,
): string {
  const calendar = ical({
    prodId: { company: 'On the Dot', product: 'Calendar', language: 'EN' },
    name: 'On the Dot',
    ttl: REFRESH_EVERY,
  });
  for (const [id, content] of events) {
    const changedAt = revisions.get(id)?.changedAt ?? SEQUENCE_EPOCH;
    const stamp = new Date(changedAt);
    const event = calendar.createEvent({
      ...content,
      id: `${id}@on-the-dot`,
      stamp,
      lastModified: stamp,
      sequence: computeSequence(changedAt),
    });
    if (alarmMinutes !== undefined && content.status === ICalEventStatus.CONFIRMED) addAlarm(event, alarmMinutes);
  }
  // The library omits the line break after the last line (RFC 5545, §3.1).
  return `${putAlarmsLast(calendar.toString())}\r\n`;
}

/** Adds an alarm that shows the event's title (RFC 5545, §3.6.6). */
function addAlarm(event: ICalEvent, minutes: number): void {
  event.createAlarm({
    type: ICalAlarmType.display,
    // The library wants the seconds before the start.
    trigger: (minutes * MINUTE) / SECOND,
    description: event.summary(),
  });
}

/** Computes the sequence number, in half seconds. An earlier version used that unit, and the number must never decrease. */
const computeSequence = (changedAt: Instant): number =>
  2 * Math.max(0, Math.floor((changedAt - SEQUENCE_EPOCH) / SECOND));

const [EVENT_ENDS, ALARM_BEGINS, ALARM_ENDS] = ['\r\nEND:VEVENT', '\r\nBEGIN:VALARM', '\r\nEND:VALARM'];

/** Moves each alarm to the end of its event: RFC 5545 (§3.6.1) allows no property after an alarm, but the library writes some. */
const putAlarmsLast = (calendar: string): string =>
  calendar
    .split(EVENT_ENDS)
    .map((event) => {
      const from = event.indexOf(ALARM_BEGINS);
      if (from === -1) return event;
      const to = event.indexOf(ALARM_ENDS) + ALARM_ENDS.length;
      return event.slice(0, from) + event.slice(to) + event.slice(from, to);
    })
    .join(EVENT_ENDS);
