import { book, buildBookingBody, cancel } from './booking.ts';
import { toIsoDay, toWallTime } from './calendar.ts';
import type { SimulatedClass } from './catalogue.ts';
import { describeNextBookings, describeTimetable } from './listing.ts';
import { findBox, type SimulatedBox } from './members.ts';
import { openingFor } from './openings.ts';
import type { Person } from './reservations.ts';
import { type BookingRecord, record, type SimulatorState, useSession } from './state.ts';
import { HOME, json, LOGGED_OUT, NOT_FOUND, page, parseForm, type Reply, type SimulatorRequest } from './wire.ts';

type BoxPage = (state: SimulatorState, request: SimulatorRequest, box: SimulatedBox) => Reply;

/** Creates a page that answers 404 if the request names an unknown box, and otherwise serves `boxPage`. */
export const atBox =
  (boxPage: BoxPage) =>
  (state: SimulatorState, request: SimulatorRequest): Reply => {
    const box = findBox(request.box);
    return box ? boxPage(state, request, box) : NOT_FOUND;
  };

/**
 * Finds the person that a request books for: the session's member, or a relative of the member.
 *
 * @returns undefined without a live session.
 */
function findPerson(state: SimulatorState, request: SimulatorRequest, familyId: string | null): Person | undefined {
  const session = useSession(state, request);
  return session && { email: session.email, familyId: familyId ?? '' };
}

/**
 * Serves a timetable, which AimHarder calls `bookings`. Without a live session, only the member's own fields are empty
 * (lib/aimharder/README.md, "The public timetable").
 */
export const bookings: BoxPage = (state, request, box) => {
  const { query, arrivedAt } = request;
  const { timetable, reservations } = state;
  const day = query.get('box') === box.boxId ? toIsoDay(query.get('day') ?? '') : '';
  const person = findPerson(state, request, query.get('familyId'));
  return json(
    describeTimetable({ switches: state.switches(), timetable, reservations, box, day, person, at: arrivedAt }),
  );
};

function findClass(
  { timetable }: SimulatorState,
  request: SimulatorRequest,
  box: SimulatedBox,
): SimulatedClass | undefined {
  const form = parseForm(request);
  return timetable.find(box, toIsoDay(form.get('day') ?? ''), form.get('id') ?? '');
}

/** Books a class. Every answer has status 200; the body tells the outcome (lib/aimharder/README.md, "The booking request"). */
export const bookClass: BoxPage = (state, request, box) => {
  const form = parseForm(request);
  const person = findPerson(state, request, form.get('familyId'));
  if (!person) return LOGGED_OUT;
  const switches = state.switches();
  const { reservations } = state;
  const wanted = findClass(state, request, box);
  const acceptsWaitlist = form.get('insist') === '1';
  const decision = book({ switches, reservations, box, wanted, person, acceptsWaitlist, arrivedAt: request.arrivedAt });
  return json(buildBookingBody(decision, switches, box, person), { note: decision.outcome });
};

/** Adds a booking request to the record. @returns the entry, in which the caller sets `answer` later. */
export function recordBooking(state: SimulatorState, request: SimulatorRequest): BookingRecord {
  const box = findBox(request.box);
  const session = useSession(state, request);
  const form = parseForm(request);
  const person = session && { email: session.email, familyId: form.get('familyId') ?? '' };
  const wanted = box && findClass(state, request, box);
  const opensAt = wanted ? openingFor(wanted, box, person, state.switches()) : Number.NaN;
  const { arrivedAt } = request;
  const booking = {
    classId: form.get('id') ?? '',
    email: session?.email ?? null,
    fingerprint: session?.fingerprint ?? null,
    arrivedAt,
    opensAt,
    lateness: arrivedAt - opensAt,
    answer: '',
  };
  record(state.record.bookings, booking);
  return booking;
}

/** Cancels a reservation by its id. The id of a class is refused (lib/aimharder/README.md, "Cancelling"). */
export const cancelBooking: BoxPage = (state, request, box) => {
  const session = useSession(state, request);
  if (!session) return LOGGED_OUT;
  const form = parseForm(request);
  const { reservations, timetable } = state;
  const reservation = reservations.find(session.email, form.get('id') ?? '');
  const reservedBox = (reservation && findBox(reservation.box)) ?? box;
  const reservedClass = reservation && timetable.find(reservedBox, reservation.day, reservation.classId);
  const acceptsLoss = form.get('late') === '1';
  const { arrivedAt } = request;
  return json({
    cancelState: cancel({
      switches: state.switches(),
      reservations,
      box: reservedBox,
      reservation,
      reservedClass,
      acceptsLoss,
      arrivedAt,
    }),
  });
};

/** Lists the member's coming and past bookings at the box. Whether AimHarder still has this page is unknown. */
export const nextBookings: BoxPage = (state, request, box) => {
  const { query, arrivedAt } = request;
  const switches = state.switches();
  if (switches.nextBookings === '404') return NOT_FOUND;
  if (switches.nextBookings === 'html') return HOME;
  const person = findPerson(state, request, query.get('familyId'));
  if (!person && switches.nextBookings !== 'public') return LOGGED_OUT;
  const namesThisBox = query.get('box') === box.boxId;
  const shown = person && namesThisBox ? state.reservations.shownTo(person, arrivedAt, switches.timetableLagMs) : [];
  const atThisBox = shown.filter((reservation) => reservation.box === box.box);
  return json(describeNextBookings(atThisBox, toWallTime(arrivedAt, box.timezone).day, switches));
};

/** Serves the box's HTML page, in whose script clients find the box's number. */
export const schedule: BoxPage = (_state, _request, { boxId, name }) =>
  page(`<h1>${name}</h1><script>var options = { box: ${boxId} };</script>`);
