import ical, { type ICalEventData, ICalEventStatus } from 'ical-generator';
import type { BoxSettings } from '../boxes/settings.ts';
import { timezoneOf } from '../boxes/settings.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { oneLine } from '../platform/text.ts';
import type { Entry } from './agenda.ts';

type Zones = Pick<BoxSettings, 'timezones'>;

/** How often a calendar application may look again, in seconds. */
const REFRESH_EVERY = 3_600;

/** Sequence numbers count from this instant, so that 32 bits suffice until 2094. */
const SEQUENCE_EPOCH = Date.UTC(2026, 0, 1);

const STATUS = {
  pending: ICalEventStatus.TENTATIVE,
  waitlisted: ICalEventStatus.TENTATIVE,
  booked: ICalEventStatus.CONFIRMED,
  cancelled: ICalEventStatus.CANCELLED,
} as const;

/** Formats the entries as iCalendar (RFC 5545). The same entries give the same text, so its hash can be an ETag. */
export function formatCalendar(entries: readonly Entry[], zones: Zones): string {
  const calendar = ical({
    prodId: { company: 'On the Dot', product: 'Calendar', language: 'EN' },
    name: 'On the Dot',
    ttl: REFRESH_EVERY,
  });
  for (const entry of entries) calendar.createEvent(toEvent(entry, zones));
  // The library leaves out the end of the last line (RFC 5545, §3.1).
  return `${calendar.toString()}\r\n`;
}

function toEvent(entry: Entry, zones: Zones): ICalEventData {
  const { id, state, box, className, startsAt, endsAt, changedAt } = entry;
  const remark = describeState(entry, zones);
  return {
    id: `${id}@on-the-dot`,
    start: new Date(startsAt),
    end: new Date(endsAt),
    stamp: new Date(changedAt),
    lastModified: new Date(changedAt),
    sequence: computeSequence(entry),
    status: STATUS[state],
    // RFC 5545 allows no control characters in a text.
    summary: [oneLine(className) || 'Class', ...(remark ? [`(${remark.short})`] : [])].join(' '),
    location: oneLine(box),
    ...(remark && { description: remark.long }),
  };
}

/** Computes the sequence number, which grows with the time of the last change. Within one second, a cancellation ranks last. */
const computeSequence = ({ changedAt, state }: Entry): number =>
  2 * Math.max(0, Math.floor((changedAt - SEQUENCE_EPOCH) / SECOND)) + (state === 'cancelled' ? 1 : 0);

function describeState({ state, opensAt, box }: Entry, zones: Zones) {
  if (state === 'waitlisted') return { short: 'waitlist', long: 'You are on the waitlist.' };
  if (state !== 'pending' || opensAt === null) return undefined;
  return {
    short: 'not booked yet',
    long: `Will be booked when bookings open: ${formatOpening(opensAt, timezoneOf(zones, box))}`,
  };
}

const formatOpening = (opensAt: Instant, timeZone: string): string => {
  const wall = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'medium' }).format(opensAt);
  return `${wall} (${toIso(opensAt)})`;
};
