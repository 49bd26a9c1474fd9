import type { Instant } from '../../lib/platform/clock.ts';
import { plusMinutes } from './calendar.ts';
import { computeStart, type SimulatedClass } from './catalogue.ts';
import { DEMO, type SimulatedBox } from './members.ts';
import { openingFor, tariffRule } from './openings.ts';
import type { Person, Reservation, Reservations } from './reservations.ts';
import { type BoxRule, findRule, type Switches } from './switches.ts';
import { contractLimitError, notOfferedError, sameHourError, tooEarlyError } from './texts.ts';

/** The outcome of a booking. `buildBookingBody` translates it to AimHarder's codes. */
type Outcome =
  | 'booked'
  | 'waitlisted'
  | 'full'
  | 'too-early'
  | 'too-late'
  | 'unpaid'
  | 'no-credit'
  | 'same-hour'
  | 'daily-limit'
  | 'contract-limit'
  | 'no-class'
  /** Cancelled by the box, or bookable by its staff only. */
  | 'not-offered'
  | 'no-family';

export type Decision = { readonly outcome: Outcome; readonly reservation?: Reservation };

type BookingAttempt = {
  readonly switches: Switches;
  readonly reservations: Reservations;
  readonly box: SimulatedBox;
  readonly wanted: SimulatedClass | undefined;
  readonly person: Person;
  /** Whether the member accepts the waitlist if the class is full (`insist=1`). */
  readonly acceptsWaitlist: boolean;
  /** On the clock of the server that got the request. */
  readonly arrivedAt: Instant;
};

/** Checks whether a request arrives before bookings open. Instants are not rounded, so 0.01 ms before is too early. */
export const isTooEarly = (opensAt: Instant, arrivedAt: Instant, { gateBiasMs }: Switches): boolean =>
  arrivedAt < opensAt + gateBiasMs;

/** Checks whether bookings of a class have closed. */
export const isTooLate = (
  gymClass: SimulatedClass,
  { timezone }: SimulatedBox,
  at: Instant,
  { closesBeforeMs }: Switches,
): boolean => at >= computeStart(gymClass, timezone) - closesBeforeMs;

/** Books a seat, or a place on the waitlist, unless a rule refuses it. */
export function book(attempt: BookingAttempt): Decision {
  const { reservations, wanted, person, arrivedAt, switches, acceptsWaitlist } = attempt;
  if (!wanted) return { outcome: 'no-class' };
  const refusal = findRefusal(attempt, wanted);
  if (refusal) return { outcome: refusal };
  const { taken, waiting } = reservations.countOccupancy(wanted, arrivedAt);
  const isFull = taken >= wanted.capacity;
  const mayWait = acceptsWaitlist || !switches.waitlistNeedsInsist;
  if (isFull && (!mayWait || waiting >= wanted.waitlist)) return { outcome: 'full' };
  const reservation = reservations.add(person, wanted, isFull, arrivedAt);
  return { outcome: isFull ? 'waitlisted' : 'booked', reservation };
}

/** Finds the first rule that refuses a booking. @returns undefined if no rule does. */
function findRefusal(
  { switches, reservations, box, person, arrivedAt }: BookingAttempt,
  wanted: SimulatedClass,
): Outcome | undefined {
  const { unpaid, noCredit, outOfTariff } = switches;
  if (person.familyId !== '' && person.familyId !== DEMO.familyId) return 'no-family';
  if (wanted.cancelled || wanted.staffOnly) return 'not-offered';
  if (isTooEarly(openingFor(wanted, box, person, switches), arrivedAt, switches)) return 'too-early';
  if (isTooLate(wanted, box, arrivedAt, switches)) return 'too-late';
  if (unpaid) return 'unpaid';
  if (noCredit || outOfTariff.includes(wanted.name)) return 'no-credit';
  return findLimit(switches, reservations, person, wanted);
}

/** The start and end of a class, as `HH:MM`. */
type Hours = { readonly start: string; readonly end: string };

/** Computes the hours of a class or a reservation. A reservation of an earlier version has no `minutes`. */
const toHours = ({ time, minutes = 60 }: { readonly time: string; readonly minutes?: number | undefined }): Hours => ({
  start: time,
  end: plusMinutes(time, minutes),
});

/** Finds the limit on a person's bookings that refuses one more. @returns undefined if no limit does. */
function findLimit(
  { sameHour: conflictRule, dailyLimit, contractLimit }: Switches,
  reservations: Reservations,
  person: Person,
  wanted: SimulatedClass,
): Outcome | undefined {
  const own = reservations.of(person);
  const sameDay = own.filter(({ day }) => day === wanted.day);
  const wantedHours = toHours(wanted);
  const isConflict = ({ start, end }: Hours) =>
    start === wantedHours.start || (conflictRule === 'overlap' && start < wantedHours.end && wantedHours.start < end);
  if (sameDay.map(toHours).some(isConflict)) return 'same-hour';
  if (dailyLimit !== null && sameDay.length >= dailyLimit) return 'daily-limit';
  if (contractLimit !== null && own.length >= contractLimit) return 'contract-limit';
  return undefined;
}

/** Builds the answer to a booking request (lib/aimharder/README.md, "Codes of a booking answer"). */
export function buildBookingBody(
  { outcome, reservation }: Decision,
  switches: Switches,
  box: SimulatedBox,
  person: Person,
): object {
  const { seatState, waitState, dailyLimit, language } = switches;
  // The first two fields are there because AimHarder sends them. The service does not read them.
  const accepted = { clasesContratadas: '411,415,420', hasPublicMemberships: 1, id: reservation?.bookingId };
  switch (outcome) {
    case 'booked':
      return { ...accepted, bookState: seatState };
    case 'waitlisted':
      return { ...accepted, bookState: waitState };
    case 'full':
      return { bookState: -1 };
    case 'no-credit':
      return { bookState: -2 };
    case 'unpaid':
      return { bookState: -5 };
    case 'too-late':
      return { bookState: -7 };
    case 'daily-limit':
      return { bookState: -8, max: dailyLimit };
    case 'too-early':
      return buildTooEarlyBody(switches, tariffRule(switches, person) ?? findRule(switches, box.box));
    case 'same-hour':
      return { bookState: -12, ...sameHourError(language) };
    case 'contract-limit':
      return { bookState: -12, ...contractLimitError(language) };
    case 'not-offered':
      return { bookState: -12, ...notOfferedError(language) };
    case 'no-class':
      return { bookState: -12, errorMssg: 'La clase no existe' };
    case 'no-family':
      return { errorMssg: 'El familiar no existe' };
  }
}

/** Builds the refusal of a booking that comes before the opening. */
export const buildTooEarlyBody = ({ tooEarlyState, language }: Switches, rule: BoxRule): object => ({
  bookState: tooEarlyState,
  ...tooEarlyError(rule, language),
});

type Cancellation = {
  readonly switches: Switches;
  readonly reservations: Reservations;
  readonly box: SimulatedBox;
  readonly reservation: Reservation | undefined;
  /** The class of the reservation; undefined if it is no longer known. */
  readonly reservedClass: SimulatedClass | undefined;
  /** Whether the member accepts that a late cancellation costs the credit (`late=1`). */
  readonly acceptsLoss: boolean;
  readonly arrivedAt: Instant;
};

/**
 * Cancels a reservation (lib/aimharder/README.md, "Cancelling").
 *
 * @returns AimHarder's code. 1: cancelled. 2: not cancelled, because it would cost the credit, which the member has not accepted.
 *   3: refused, also for an unknown id.
 */
export function cancel({
  switches,
  reservations,
  box,
  reservation,
  reservedClass,
  acceptsLoss,
  arrivedAt,
}: Cancellation): 1 | 2 | 3 {
  if (!reservation) return 3;
  // A class that is no longer known counts as one that never starts, so its reservation can be cancelled.
  const startsAt = reservedClass ? computeStart(reservedClass, box.timezone) : Number.POSITIVE_INFINITY;
  if (arrivedAt >= startsAt) return 3;
  if (!acceptsLoss && !reservation.waitlisted && arrivedAt > startsAt - switches.lateCancelMs) return 2;
  reservations.remove(reservation, reservedClass, arrivedAt);
  return 1;
}
