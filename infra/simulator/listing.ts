import type { Instant } from '../../lib/platform/clock.ts';
import { isTooEarly, isTooLate } from './booking.ts';
import { formatSpanishDay, plusMinutes } from './calendar.ts';
import type { SimulatedClass } from './catalogue.ts';
import type { SimulatedBox } from './members.ts';
import { openingFor } from './openings.ts';
import { hashToNumber } from './random.ts';
import type { Occupancy, Person, Reservation, Reservations } from './reservations.ts';
import type { Switches } from './switches.ts';
import type { Timetable } from './timetable.ts';

type Query = {
  readonly switches: Switches;
  readonly timetable: Timetable;
  readonly reservations: Reservations;
  readonly box: SimulatedBox;
  /** As `YYYY-MM-DD`; empty if the request names no day, or another box. */
  readonly day: string;
  /** Undefined without a live session: then the member's own fields are empty. */
  readonly person: Person | undefined;
  readonly at: Instant;
};

/** Builds a day's timetable (lib/aimharder/README.md, "Timetable"). */
export function describeTimetable({ switches, timetable, reservations, box, day, person, at }: Query): object {
  const isOpen = (gymClass: SimulatedClass) => !isTooEarly(openingFor(gymClass, box, person, switches), at, switches);
  const shown = timetable.onDay(box, day).filter((gymClass) => !switches.hiddenUntilOpen || isOpen(gymClass));
  const mine = person ? reservations.shownTo(person, at, switches.timetableLagMs) : [];
  const rows = shown.map((gymClass) =>
    describeRow({
      gymClass,
      box,
      switches,
      at,
      occupancy: reservations.countOccupancy(gymClass, at),
      mine: mine.find(({ classId }) => classId === gymClass.classId),
    }),
  );
  const hours = shown.map((gymClass) => ({ id: formatTimeId(gymClass), time: formatHours(gymClass) }));
  const commonFields = { clasesDisp: '', timetable: hours, day: formatSpanishDay(day), seminars: [] };
  if (switches.typeDrift) return { ...commonFields, bookings: rows.map(driftTypes) };
  return { ...commonFields, bookings: rows, resmsgs: [] };
}

const formatHours = ({ time, minutes = 60 }: Pick<Reservation, 'time' | 'minutes'>): string =>
  `${time} - ${plusMinutes(time, minutes)}`;
const formatTimeId = ({ time, minutes }: SimulatedClass): string => `${time.replace(':', '')}_${minutes}`;

const toBookState = ({ waitlisted }: Reservation): 0 | 1 => (waitlisted ? 0 : 1);

type RowParts = {
  readonly gymClass: SimulatedClass;
  readonly box: SimulatedBox;
  readonly switches: Switches;
  readonly at: Instant;
  readonly occupancy: Occupancy;
  readonly mine: Reservation | undefined;
};

const describeRow = ({ gymClass, box, switches, at, occupancy, mine }: RowParts) => ({
  id: Number(gymClass.classId),
  zoomid: null,
  zoomJoinUrl: null,
  zoomJoinPw: null,
  onlineclass: 0,
  idres: mine ? Number(mine.bookingId) : null,
  spotres: null,
  time: formatHours(gymClass),
  timeid: formatTimeId(gymClass),
  classId: hashToNumber(gymClass.name),
  className: gymClass.name,
  classDesc: '',
  boxName: box.name,
  boxDir: 'Calle Ejemplo 1',
  boxPic: null,
  coachName: gymClass.coach,
  coachPic: null,
  // `enabled` does not depend on the opening: a class that is not open yet is enabled too (lib/aimharder/README.md, "Rows").
  enabled: isTooLate(gymClass, box, at, switches) ? 0 : 1,
  bookState: mine ? toBookState(mine) : null,
  limit: gymClass.waitlist > 0 ? `${gymClass.capacity} (${gymClass.waitlist})` : String(gymClass.capacity),
  limitc: gymClass.capacity,
  ocupation: occupancy.taken,
  checkAthletesNum: 0,
  waitlist: gymClass.waitlist > 0 ? occupancy.waiting : -1,
  cancelledId: gymClass.cancelled ? hashToNumber(gymClass.classId) : null,
  color: '43, 177, 67',
  classLength: gymClass.minutes,
  resadmin: gymClass.staffOnly ? 1 : 0,
  included: switches.outOfTariff.includes(gymClass.name) ? 0 : 1,
});

/**
 * Converts the values of a row to other types. AimHarder has sent each of them (lib/aimharder/README.md, "Types drift").
 *
 * @param index the row's position: rows beside each other drift in different ways.
 */
function driftTypes(row: ReturnType<typeof describeRow>, index: number): object {
  const asText = (value: number | null) => (value === null ? null : String(value));
  return {
    ...row,
    id: String(row.id),
    idres: asText(row.idres),
    bookState: asText(row.bookState),
    limit: index % 2 === 0 ? row.limit : Number.parseInt(row.limit, 10),
    limitc: String(row.limitc),
    ocupation: String(row.ocupation),
    enabled: String(row.enabled),
    cancelledId: asText(row.cancelledId),
    time: row.time.replace(' - ', '-'),
    timeid: row.timeid.replace(/^0/, ''),
    coachName: index % 3 === 0 ? null : row.coachName,
    coachPic: 'https://example.com/coach.png',
    hidden: 0,
  };
}

/**
 * Builds the member's future and past bookings (lib/aimharder/README.md, "Next bookings"). Their ids are neither booking ids
 * nor slot ids.
 */
export function describeNextBookings(
  mine: readonly Reservation[],
  today: string,
  { typeDrift }: Pick<Switches, 'typeDrift'>,
): object {
  const toRow = (reservation: Reservation) => ({
    id: Number(reservation.bookingId) + 500_000_000,
    day: formatSpanishDay(reservation.day),
    time: formatHours(reservation),
    className: reservation.name,
    bookState: toBookState(reservation),
  });
  const toDriftedRow = (row: ReturnType<typeof toRow>) => ({
    ...row,
    id: String(row.id),
    // Without the weekday, and with the start only.
    day: row.day.replace(/^\p{L}+, /u, ''),
    time: row.time.slice(0, 'HH:MM'.length),
    bookState: String(row.bookState),
  });
  const toShownRow = (reservation: Reservation) => {
    const row = toRow(reservation);
    return typeDrift ? toDriftedRow(row) : row;
  };
  const past = mine.filter(({ day }) => day < today);
  return {
    nextClasses: mine.filter(({ day }) => day >= today).map(toShownRow),
    history: past.map((reservation) => ({ ...toShownRow(reservation), assist: 1, lateCancel: 0 })),
  };
}
