import { book, bookingBody, cancel } from './booking.ts';
import { dashed, wallOf } from './calendar.ts';
import type { SimulatedClass } from './catalogue.ts';
import { listing, nextBookings as nextBookingsOf } from './listing.ts';
import { boxNamed, type SimulatedBox } from './members.ts';
import type { Person } from './reservations.ts';
import { type BookingRecord, type SimulatorState, sessionOf } from './state.ts';
import { formOf, json, LOGGED_OUT, NOT_FOUND, page, type Reply, type SimulatorRequest } from './wire.ts';

type BoxPage = (state: SimulatorState, request: SimulatorRequest, box: SimulatedBox) => Reply;

/** A page of a box that there is. */
export const atBox =
  (serve: BoxPage) =>
  (state: SimulatorState, request: SimulatorRequest): Reply => {
    const box = boxNamed(request.box);
    return box ? serve(state, request, box) : NOT_FOUND;
  };

function personIn(state: SimulatorState, request: SimulatorRequest, familyId: string | null): Person | undefined {
  const session = sessionOf(state, request);
  return session && { email: session.email, familyId: familyId ?? '' };
}

/**
 * Public: without a live session it lacks only the member's own fields (lib/aimharder/README.md, "The public timetable").
 */
export const bookings: BoxPage = (state, request, box) => {
  const { query, arrivedAt } = request;
  const { timetable, reservations } = state;
  const day = query.get('box') === box.boxId ? dashed(query.get('day') ?? '') : '';
  const person = personIn(state, request, query.get('familyId'));
  return json(listing({ switches: state.switches(), timetable, reservations, box, day, person, at: arrivedAt }));
};

function classIn(
  { timetable }: SimulatorState,
  request: SimulatorRequest,
  box: SimulatedBox,
): SimulatedClass | undefined {
  const form = formOf(request);
  return timetable.find(box, dashed(form.get('day') ?? ''), form.get('id') ?? '');
}

/** Books a class. Every answer is 200; only the body tells (lib/aimharder/README.md, "The booking request"). */
export const bookClass: BoxPage = (state, request, box) => {
  const form = formOf(request);
  const person = personIn(state, request, form.get('familyId'));
  if (!person) return LOGGED_OUT;
  const switches = state.switches();
  const { reservations } = state;
  const wanted = classIn(state, request, box);
  const insists = form.get('insist') === '1';
  const decision = book({ switches, reservations, box, wanted, person, insists, arrivedAt: request.arrivedAt });
  return json(bookingBody(decision, switches, box), { note: decision.outcome });
};

/** Notes a booking request before anything is done about it. */
export function noteBooking(state: SimulatorState, request: SimulatorRequest): BookingRecord {
  const box = boxNamed(request.box);
  const session = sessionOf(state, request);
  const opensAt = (box && classIn(state, request, box)?.opensAt) ?? Number.NaN;
  const { arrivedAt } = request;
  const noted = {
    classId: formOf(request).get('id') ?? '',
    email: session?.email ?? null,
    fingerprint: session?.fingerprint ?? null,
    arrivedAt,
    opensAt,
    lateness: arrivedAt - opensAt,
    answer: '',
  };
  state.record.bookings.push(noted);
  return noted;
}

/** Takes a reservation's id; a slot's id is refused (lib/aimharder/README.md, "Cancelling"). */
export const cancelBooking: BoxPage = (state, request, box) => {
  const session = sessionOf(state, request);
  if (!session) return LOGGED_OUT;
  const form = formOf(request);
  const { reservations, timetable } = state;
  const reservation = reservations.mine(session.email, form.get('id') ?? '');
  const at = (reservation && boxNamed(reservation.box)) ?? box;
  const cancelled = reservation && timetable.find(at, reservation.day, reservation.classId);
  const late = form.get('late') === '1';
  const { arrivedAt } = request;
  return json({
    cancelState: cancel({ switches: state.switches(), reservations, box: at, reservation, cancelled, late, arrivedAt }),
  });
};

export const nextBookings: BoxPage = (state, request, box) => {
  const person = personIn(state, request, request.query.get('familyId'));
  if (!person) return LOGGED_OUT;
  const mine = state.reservations.of(person).filter((one) => one.box === box.box);
  return json(nextBookingsOf(mine, wallOf(request.arrivedAt, box.timezone).day));
};

export const schedule: BoxPage = (_realm, _request, { boxId, name }) =>
  page(`<h1>${name}</h1><script>var options = { box: ${boxId} };</script>`);
