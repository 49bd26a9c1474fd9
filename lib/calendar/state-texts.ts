import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { isUncertain, type Outcome } from '../events/outcome.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Entry } from './agenda.ts';

export type Zones = Pick<BoxSettings, 'timezones'>;

/** A class's state in words: a remark for the event's title, because many calendars show only the title, and a sentence. */
type StateText = { readonly remark: string; readonly sentence: string };

/** Why an order got no place; null for an outcome with a place, or an outcome that is uncertain. */
const REASONS: Readonly<Record<Outcome, string | null>> = {
  booked: null,
  'already-booked': null,
  waitlisted: null,
  'class-full': 'class full',
  'class-cancelled': 'class cancelled by the box',
  'class-not-found': 'class no longer listed',
  'no-credit': 'no credit',
  unpaid: 'unpaid receipt',
  'booking-limit': 'booking limit reached',
  'too-early': 'bookings did not open in time',
  'too-late': 'bookings were closed',
  'login-required': 'login needed',
  missed: 'missed by our service',
  'upstream-rejected': 'AimHarder answered with an error',
  'upstream-unreachable': 'AimHarder could not be reached',
  'upstream-timeout': null,
  unknown: null,
};

/** Describes the state of a class. @returns undefined for a booked class, which needs no remark. */
export function describeState(entry: Entry, zones: Zones): StateText | undefined {
  const isOwn = entry.familyId === null;
  switch (entry.state) {
    case 'booked':
      return undefined;
    case 'waitlisted':
      return { remark: 'waitlist', sentence: `${isOwn ? 'You are' : 'Your relative is'} on the waitlist.` };
    case 'pending':
      return { remark: 'not booked yet', sentence: describeOpening(entry, zones) };
    case 'cancelled':
      return {
        remark: 'cancelled',
        sentence: `Cancelled: ${isOwn ? 'you have' : 'your relative has'} no place in this class.`,
      };
    case 'failed':
      return describeFailure(entry);
  }
}

function describeFailure(entry: Entry): StateText {
  const isOwn = entry.familyId === null;
  if (isUncertain(entry.outcome))
    return {
      remark: 'booking uncertain',
      sentence: `We do not know whether ${isOwn ? 'you have' : 'your relative has'} a place in this class. Please check in AimHarder’s app.`,
    };
  const reason = entry.outcome === null ? null : REASONS[entry.outcome];
  return {
    remark: reason === null ? 'not booked' : `not booked: ${reason}`,
    sentence: `${isOwn ? 'You have' : 'Your relative has'} no place in this class${reason === null ? '' : `: ${reason}`}.`,
  };
}

function describeOpening({ opensAt, box }: Entry, zones: Zones): string {
  if (opensAt === null) return 'Will be booked when bookings open.';
  return `Will be booked when bookings open: ${formatOpening(opensAt, timezoneOf(zones, box))}`;
}

const formatOpening = (opensAt: Instant, timeZone: string): string => {
  const wallTime = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'medium' }).format(
    opensAt,
  );
  return `${wallTime} (${toIso(opensAt)})`;
};
