import type { Instant } from '../../lib/platform/clock.ts';
import { countCompetitorsBy, type SimulatedClass } from './catalogue.ts';
import type { Store } from './sqlite-store.ts';

export type Reservation = {
  readonly bookingId: string;
  readonly classId: string;
  readonly email: string;
  readonly familyId: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
  readonly name: string;
  readonly waitlisted: boolean;
};

/** A member, or one of the member's family. */
export type Person = { readonly email: string; readonly familyId: string };

export type Occupation = { readonly taken: number; readonly waiting: number };

const keyOf = ({ email, familyId }: Person): string => `${email} ${familyId}`;

/** Reservations by something they share, in the order they were made. */
function groups() {
  const members = new Map<string, Map<string, Reservation>>();
  return {
    in: (key: string): readonly Reservation[] => [...(members.get(key)?.values() ?? [])],
    put(key: string, reservation: Reservation): void {
      const group = members.get(key) ?? new Map<string, Reservation>();
      members.set(key, group.set(reservation.bookingId, reservation));
    },
    drop: (key: string, { bookingId }: Reservation): void => void members.get(key)?.delete(bookingId),
  };
}

const FIRST_BOOKING = 90_000_001;

/** Who has a place where, kept in a store. */
export function reservationBook(store: Store, seed: () => number) {
  const kept = store.all('reservation').map((value) => value as Reservation);
  const reservations = new Map<string, Reservation>();
  const byClass = groups();
  const byPerson = groups();
  for (const one of kept) remember(one);
  let next = Math.max(FIRST_BOOKING, ...kept.map(({ bookingId }) => Number(bookingId) + 1));

  const inClass = (classId: string) => byClass.in(classId);
  const of = (person: Person) => byPerson.in(keyOf(person));

  function remember(reservation: Reservation): void {
    reservations.set(reservation.bookingId, reservation);
    byClass.put(reservation.classId, reservation);
    byPerson.put(keyOf(reservation), reservation);
  }

  function save(reservation: Reservation): Reservation {
    remember(reservation);
    store.put('reservation', reservation.bookingId, reservation);
    return reservation;
  }

  /** Competitors and members share the seats; whoever is too many waits, as far as there are places to wait in. */
  function occupation(one: SimulatedClass, at: Instant): Occupation {
    const members = inClass(one.classId);
    const seated = members.filter(({ waitlisted }) => !waitlisted).length + countCompetitorsBy(one, at, seed());
    const waiting = members.filter(({ waitlisted }) => waitlisted).length + Math.max(0, seated - one.capacity);
    return { taken: Math.min(seated, one.capacity), waiting: Math.min(waiting, one.waitlist) };
  }

  return {
    inClass,
    of,
    occupation,

    add(person: Person, { classId, box, day, time, name }: SimulatedClass, waitlisted: boolean): Reservation {
      const bookingId = String(next);
      next += 1;
      return save({ bookingId, classId, ...person, box, day, time, name, waitlisted });
    },

    mine: (email: string, bookingId: string): Reservation | undefined => {
      const found = reservations.get(bookingId);
      return found?.email === email ? found : undefined;
    },

    /** Gives the place back; the first to wait moves up if that left a seat free. */
    remove(reservation: Reservation, one: SimulatedClass | undefined, at: Instant): void {
      const { bookingId, classId } = reservation;
      reservations.delete(bookingId);
      byClass.drop(classId, reservation);
      byPerson.drop(keyOf(reservation), reservation);
      store.remove('reservation', bookingId);
      if (!one || occupation(one, at).taken >= one.capacity) return;
      const first = inClass(classId).find(({ waitlisted }) => waitlisted);
      if (first) save({ ...first, waitlisted: false });
    },
  };
}

export type Reservations = ReturnType<typeof reservationBook>;
